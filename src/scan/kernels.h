#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "scan/row_set.h"

/// Loops over the values of a column: of one with a value a row without a branch a value.
namespace clew::scan {

/// Adds the row of each position i < count for which `passes(i)`. `rows` is empty when position i
/// belongs to row i, else it names the row of each position.
template <typename Passes>
void AddRows(std::span<const std::uint32_t> rows, std::size_t count, const Passes& passes,
             RowSet* found) {
  if (!rows.empty()) {
    for (std::size_t i = 0; i < count; ++i) {
      if (passes(i)) found->Add(rows[i]);
    }
    return;
  }
  for (std::size_t first = 0; first < count; first += 64) {
    const std::size_t end = count - first < 64 ? count - first : 64;
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < end; ++i) {
      bits |= static_cast<std::uint64_t>(passes(first + i)) << i;
    }
    found->AddWord(first / 64, bits);
  }
}

}  // namespace clew::scan
