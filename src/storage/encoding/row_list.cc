#include "storage/encoding/row_list.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "storage/encoding/number_page.h"

namespace clew::storage {
namespace {

std::size_t WordCount(std::uint32_t row_count) { return (std::size_t{row_count} + 63) / 64; }

std::uint64_t WordAt(std::string_view bitmap, std::size_t index) {
  std::uint64_t word;
  std::memcpy(&word, bitmap.data() + index * 8, 8);
  return word;
}

void AppendBits(std::uint64_t word, std::uint32_t base, std::vector<std::uint32_t>* rows) {
  while (word != 0) {
    rows->push_back(base + static_cast<std::uint32_t>(std::countr_zero(word)));
    word &= word - 1;
  }
}

// Bits [first, last) of the word that holds rows [base, base + 64).
std::uint64_t Clip(std::uint64_t word, std::uint32_t base, std::uint32_t first,
                   std::uint32_t last) {
  if (first > base) word &= ~0ULL << (first - base);
  if (last < base + 64) word &= (1ULL << (last - base)) - 1;
  return word;
}

Status CheckBitmap(std::string_view page, std::uint32_t row_count) {
  if (page.size() == WordCount(row_count) * 8) return {};
  return DataLoss("row bitmap: {} bytes for {} rows", page.size(), row_count);
}

std::string EncodeBitmap(std::span<const std::uint32_t> rows, std::uint32_t row_count) {
  std::vector<std::uint64_t> words(WordCount(row_count), 0);
  for (const std::uint32_t row : rows) words[row / 64] |= 1ULL << (row % 64);
  return {reinterpret_cast<const char*>(words.data()), words.size() * 8};
}

Result<std::vector<std::uint32_t>> DecodeDeltas(std::string_view page, std::uint32_t value_count,
                                                std::uint32_t row_count) {
  ASSIGN_OR_RETURN(const NumberPage numbers, NumberPage::Open(page));
  if (numbers.count() != value_count) {
    return DataLoss("row deltas: {} values instead of {}", numbers.count(), value_count);
  }
  std::vector<std::uint32_t> rows(value_count);
  numbers.Read(0, std::span(rows));
  std::uint64_t row = 0;
  for (std::uint32_t& delta : rows) {
    row += delta;
    if (row >= row_count) return DataLoss("row deltas: row {} of {}", row, row_count);
    delta = static_cast<std::uint32_t>(row);
  }
  return rows;
}

}  // namespace

EncodedRows EncodeRows(std::span<const std::uint32_t> rows, std::uint32_t row_count) {
  const bool is_strict = std::ranges::adjacent_find(rows) == rows.end();
  if (is_strict && rows.size() == row_count) return {RowsEncoding::kDense, {}};
  // Deltas win for rare keys: about log2(gap) bits a value against one bit a row.
  const std::uint64_t gap_bits = std::bit_width(std::uint64_t{row_count} / (rows.size() + 1)) + 1;
  if (is_strict && rows.size() * gap_bits >= row_count) {
    return {RowsEncoding::kBitmap, EncodeBitmap(rows, row_count)};
  }
  std::vector<std::int64_t> deltas(rows.size());
  std::uint32_t previous = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    deltas[i] = rows[i] - previous;
    previous = rows[i];
  }
  return {RowsEncoding::kDeltas, EncodeNumbers(deltas)};
}

Result<std::vector<std::uint32_t>> DecodeRows(RowsEncoding encoding, std::string_view page,
                                              std::uint32_t value_count, std::uint32_t row_count) {
  ASSIGN_OR_RETURN(RowSlice slice, SliceRows(encoding, page, value_count, row_count, 0, row_count));
  if (slice.rows.size() != value_count) {
    return DataLoss("row list: {} rows for {} values", slice.rows.size(), value_count);
  }
  return std::move(slice.rows);
}

Result<RowSlice> SliceRows(RowsEncoding encoding, std::string_view page, std::uint32_t value_count,
                           std::uint32_t row_count, std::uint32_t first, std::uint32_t last) {
  last = std::min(last, row_count);
  RowSlice slice;
  if (first >= last) return slice;
  if (encoding == RowsEncoding::kDense) {
    if (value_count != row_count) {
      return DataLoss("dense column: {} values for {} rows", value_count, row_count);
    }
    slice.begin = first;
    slice.rows.resize(last - first);
    for (std::uint32_t i = 0; i < slice.rows.size(); ++i) slice.rows[i] = first + i;
    return slice;
  }
  if (encoding == RowsEncoding::kBitmap) {
    TRY(CheckBitmap(page, row_count));
    for (std::uint32_t word = 0; word <= (last - 1) / 64; ++word) {
      const std::uint64_t bits = WordAt(page, word);
      const std::uint32_t base = word * 64;
      if (first > base) {
        slice.begin += static_cast<std::uint32_t>(
            std::popcount(Clip(bits, base, base, std::min(first, base + 64))));
      }
      if (base + 64 > first) AppendBits(Clip(bits, base, first, last), base, &slice.rows);
    }
    if (slice.begin + slice.rows.size() > value_count) {
      return DataLoss("row bitmap: more rows than {} values", value_count);
    }
    return slice;
  }
  if (encoding != RowsEncoding::kDeltas) {
    return DataLoss("row list: unknown encoding {}", static_cast<int>(encoding));
  }
  ASSIGN_OR_RETURN(const std::vector<std::uint32_t> rows,
                   DecodeDeltas(page, value_count, row_count));
  const auto begin = std::ranges::lower_bound(rows, first);
  const auto end = std::ranges::lower_bound(rows, last);
  slice.begin = static_cast<std::uint32_t>(begin - rows.begin());
  slice.rows.assign(begin, end);
  return slice;
}

}  // namespace clew::storage
