#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

/// Whole numbers of the same width in bits, one after the other from the lowest bit of the first
/// byte on. Whoever unpacks them may read kUnpackPadding bytes behind the last one.
namespace clew::base {

inline constexpr std::size_t kUnpackPadding = 8;

/// So many numbers end with a byte, whatever their width.
inline constexpr std::size_t kUnpackBlock = 64;

/// Unpacks one block. A function for each width, as then shifts and masks are constants: a number
/// takes about a cycle.
template <typename Number>
using BlockUnpacker = void (*)(const char* block, Number* numbers);

/// `width` ≤ 32, and ≤ 64.
BlockUnpacker<std::uint32_t> BlockUnpacker32(unsigned width);
BlockUnpacker<std::uint64_t> BlockUnpacker64(unsigned width);

/// The number at `index`. `width` ≤ 64.
std::uint64_t UnpackOne(const char* data, unsigned width, std::size_t index);

/// Numbers from `first` on, of `width` ≤ 64; those that are wider than `out` lose their upper bits.
void Unpack(const char* data, unsigned width, std::size_t first, std::span<std::uint32_t> out);
void Unpack(const char* data, unsigned width, std::size_t first, std::span<std::uint64_t> out);

}  // namespace clew::base
