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

/// Values whose row lies in [first, last): their positions [begin, end) and rows.
struct RowSlice {
  std::uint32_t begin = 0;
  std::vector<std::uint32_t> rows;
};
Result<RowSlice> SliceRows(RowsEncoding encoding, std::string_view page, std::uint32_t value_count,
                           std::uint32_t row_count, std::uint32_t first, std::uint32_t last);

}  // namespace clew::storage
