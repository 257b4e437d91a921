#include "base/bit_unpacking.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace clew::base {
namespace {

template <typename Word>
Word Load(const char* data) {
  Word word;
  std::memcpy(&word, data, sizeof(word));
  return word;
}

constexpr std::uint64_t MaskOf(unsigned width) {
  return width == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
}

/// The number at `kPlace` of eight, which begin with a byte.
template <unsigned kWidth, unsigned kPlace>
inline std::uint64_t Extract(const char* data) {
  constexpr unsigned kByte = kPlace * kWidth / 8;
  constexpr unsigned kShift = kPlace * kWidth % 8;
  if constexpr (kShift + kWidth <= 32) {
    return Load<std::uint32_t>(data + kByte) >> kShift & static_cast<std::uint32_t>(MaskOf(kWidth));
  } else {
    std::uint64_t number = Load<std::uint64_t>(data + kByte) >> kShift;
    if constexpr (kShift + kWidth > 64) {
      number |= std::uint64_t{Load<std::uint8_t>(data + kByte + 8)} << (64 - kShift);
    }
    return number & MaskOf(kWidth);
  }
}

template <typename Number, unsigned kWidth>
void UnpackBlock(const char* __restrict data, Number* __restrict out) {
  for (std::size_t i = 0; i < kUnpackBlock; i += 8, data += kWidth, out += 8) {
    [&]<unsigned... kPlaces>(std::integer_sequence<unsigned, kPlaces...>) {
      ((out[kPlaces] = static_cast<Number>(Extract<kWidth, kPlaces>(data))), ...);
    }(std::make_integer_sequence<unsigned, 8>());
  }
}

template <typename Number, unsigned... kWidths>
constexpr std::array<BlockUnpacker<Number>, sizeof...(kWidths)> UnpackersOf(
    std::integer_sequence<unsigned, kWidths...> /*widths*/) {
  return {UnpackBlock<Number, kWidths>...};
}

constexpr auto kUnpackers32 =
    UnpackersOf<std::uint32_t>(std::make_integer_sequence<unsigned, 33>());
constexpr auto kUnpackers64 =
    UnpackersOf<std::uint64_t>(std::make_integer_sequence<unsigned, 65>());

/// What is no whole block is unpacked number by number: there may be nothing behind it.
template <typename Number>
void UnpackRun(BlockUnpacker<Number> unpack_block, const char* data, unsigned width,
               std::size_t first, std::span<Number> out) {
  const auto one_by_one = [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      out[i] = static_cast<Number>(UnpackOne(data, width, first + i));
    }
  };
  const std::size_t to_block = (kUnpackBlock - first % kUnpackBlock) % kUnpackBlock;
  std::size_t done = std::min(out.size(), to_block);
  one_by_one(0, done);
  for (; out.size() - done >= kUnpackBlock; done += kUnpackBlock) {
    unpack_block(data + (first + done) / 8 * width, out.data() + done);
  }
  one_by_one(done, out.size());
}

}  // namespace

BlockUnpacker<std::uint32_t> BlockUnpacker32(unsigned width) { return kUnpackers32[width]; }
BlockUnpacker<std::uint64_t> BlockUnpacker64(unsigned width) { return kUnpackers64[width]; }

std::uint64_t UnpackOne(const char* data, unsigned width, std::size_t index) {
  const std::size_t bit = index * width;
  const unsigned shift = bit % 8;
  std::uint64_t number = Load<std::uint64_t>(data + bit / 8) >> shift;
  if (shift + width > 64) {
    number |= std::uint64_t{Load<std::uint8_t>(data + bit / 8 + 8)} << (64 - shift);
  }
  return number & MaskOf(width);
}

void Unpack(const char* data, unsigned width, std::size_t first, std::span<std::uint32_t> out) {
  if (width <= 32) return UnpackRun(BlockUnpacker32(width), data, width, first, out);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<std::uint32_t>(UnpackOne(data, width, first + i));
  }
}

void Unpack(const char* data, unsigned width, std::size_t first, std::span<std::uint64_t> out) {
  UnpackRun(BlockUnpacker64(width), data, width, first, out);
}

}  // namespace clew::base
