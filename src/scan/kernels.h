#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/bit_unpacking.h"
#include "scan/row_set.h"

/// Loops over the values of a column, 64 at a time: without a branch a value, so that compilers
/// make vector instructions of them, and without looking at values whose rows cannot matter.
namespace clew::scan {

/// The rows that may matter; of others it does not matter what is found. Null: all of them.
using Candidates = const RowSet*;

inline constexpr std::size_t kBlockValues = base::kUnpackBlock;

/// Bit i is byte i, each 0 or 1.
inline std::uint64_t BitsOf(const std::uint8_t (&bytes)[kBlockValues]) {
  // The product has byte i of eight as bit 56 + i, and nothing that carries into those.
  constexpr std::uint64_t kGather = 0x0102'0408'1020'4080;
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < kBlockValues; i += 8) {
    std::uint64_t eight;
    std::memcpy(&eight, bytes + i, sizeof(eight));
    bits |= (eight * kGather >> 56) << i;
  }
  return bits;
}

/// Bit i says whether `passes(i)`, for i < 64.
template <typename Passes>
std::uint64_t BitsWhere(const Passes& passes) {
  std::uint8_t bytes[kBlockValues];
  for (std::size_t i = 0; i < kBlockValues; ++i) bytes[i] = static_cast<std::uint8_t>(passes(i));
  return BitsOf(bytes);
}

/// Adds the row of each position in [begin, end) whose bit is set in what `bits_of(first, count)`
/// gives for a block. `begin` is the first of a block. `rows` is empty when position i belongs to
/// row i, else it names the row of each position.
template <typename BitsOfBlock>
void AddBlocks(std::span<const std::uint32_t> rows, std::size_t begin, std::size_t end,
               Candidates candidates, const BitsOfBlock& bits_of, RowSet* found) {
  for (std::size_t first = begin; first < end; first += kBlockValues) {
    const std::size_t count = std::min(kBlockValues, end - first);
    if (rows.empty()) {
      if (candidates != nullptr && candidates->Word(first / 64) == 0) continue;
      found->AddWord(first / 64, bits_of(first, count));
      continue;
    }
    const std::uint32_t last_row = rows[first + count - 1];
    if (candidates != nullptr && !candidates->MayHaveIn(rows[first], last_row)) continue;
    for (std::uint64_t bits = bits_of(first, count); bits != 0; bits &= bits - 1) {
      found->Add(rows[first + static_cast<std::size_t>(std::countr_zero(bits))]);
    }
  }
}

/// Adds the row of each position i < count for which `passes(i)`.
template <typename Passes>
void AddRows(std::span<const std::uint32_t> rows, std::size_t count, Candidates candidates,
             const Passes& passes, RowSet* found) {
  const auto bits_of = [&](std::size_t first, std::size_t in_block) {
    if (in_block == kBlockValues) {
      return BitsWhere([&](std::size_t i) { return passes(first + i); });
    }
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < in_block; ++i) {
      bits |= static_cast<std::uint64_t>(passes(first + i)) << i;
    }
    return bits;
  };
  AddBlocks(rows, 0, count, candidates, bits_of, found);
}

}  // namespace clew::scan
