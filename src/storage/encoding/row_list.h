#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/vocabulary.h"

namespace clew::storage {

/// How a column says which rows its values belong to. Stored: never renumber.
enum class RowsEncoding : std::uint8_t {
  kDense = 0,   // value i belongs to row i; no page
  kBitmap = 1,  // one value a row with its bit set
  kDeltas = 2,  // number page of differences; a row may have several values
};

struct EncodedRows {
  RowsEncoding encoding = RowsEncoding::kDense;
  std::string page;
};

/// `rows` never descends and stays below `row_count`.
EncodedRows EncodeRows(std::span<const std::uint32_t> rows, std::uint32_t row_count);

/// Gives `value_count` rows; DATA_LOSS when the page does not hold that many rows below
/// `row_count`.
Result<std::vector<std::uint32_t>> DecodeRows(RowsEncoding encoding, std::string_view page,
                                              std::uint32_t value_count, std::uint32_t row_count);

/// The values at some rows of a table: `rows` are indexes into the wanted rows, ascending,
/// `positions` those of the values in the column.
struct RowSlice {
  std::vector<std::uint32_t> rows;
  std::vector<std::uint32_t> positions;
};
/// `wanted` ascends without repeats and stays below `row_count`.
Result<RowSlice> SliceRows(RowsEncoding encoding, std::string_view page, std::uint32_t value_count,
                           std::uint32_t row_count, std::span<const std::uint32_t> wanted);

}  // namespace clew::storage
