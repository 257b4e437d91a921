#include "storage/encoding/row_list.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

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

Status CheckBitmap(std::string_view page, std::uint32_t row_count) {
  if (page.size() == WordCount(row_count) * 8) return {};
  return DataLoss("row bitmap: {} bytes for {} rows", page.size(), row_count);
}

std::string EncodeBitmap(std::span<const std::uint32_t> rows, std::uint32_t row_count) {
  std::vector<std::uint64_t> words(WordCount(row_count), 0);
  for (const std::uint32_t row : rows) words[row / 64] |= 1ULL << (row % 64);
  return {reinterpret_cast<const char*>(words.data()), words.size() * 8};
}

Result<NumberPage> OpenDeltas(std::string_view page, std::uint32_t value_count) {
  ASSIGN_OR_RETURN(NumberPage numbers, NumberPage::Open(page));
  if (numbers.count() == value_count) return numbers;
  return DataLoss("row deltas: {} values instead of {}", numbers.count(), value_count);
}

Result<std::vector<std::uint32_t>> DecodeDeltas(std::string_view page, std::uint32_t value_count,
                                                std::uint32_t row_count) {
  ASSIGN_OR_RETURN(const NumberPage numbers, OpenDeltas(page, value_count));
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

std::unexpected<Error> UnknownEncoding(RowsEncoding encoding) {
  return DataLoss("row list: unknown encoding {}", static_cast<int>(encoding));
}

RowSlice SliceDense(std::span<const std::uint32_t> wanted) {
  RowSlice slice;
  slice.rows.resize(wanted.size());
  std::iota(slice.rows.begin(), slice.rows.end(), 0u);
  slice.positions.assign(wanted.begin(), wanted.end());
  return slice;
}

// A value's position is the number of bits before its own.
RowSlice SliceBitmap(std::string_view page, std::span<const std::uint32_t> wanted) {
  RowSlice slice;
  std::uint32_t word_index = 0;
  std::uint32_t bits_before = 0;
  for (std::uint32_t i = 0; i < wanted.size(); ++i) {
    for (; word_index < wanted[i] / 64; ++word_index) {
      bits_before += static_cast<std::uint32_t>(std::popcount(WordAt(page, word_index)));
    }
    const std::uint64_t word = WordAt(page, word_index);
    const std::uint64_t bit = 1ULL << (wanted[i] % 64);
    if ((word & bit) == 0) continue;
    slice.rows.push_back(i);
    slice.positions.push_back(bits_before +
                              static_cast<std::uint32_t>(std::popcount(word & (bit - 1))));
  }
  return slice;
}

// Reads no further than to the last wanted row, and only adds up what lies in front of the next.
Result<RowSlice> SliceDeltas(std::string_view page, std::uint32_t value_count,
                             std::uint32_t row_count, std::span<const std::uint32_t> wanted) {
  ASSIGN_OR_RETURN(const NumberPage numbers, OpenDeltas(page, value_count));
  constexpr std::uint32_t kPart = 512;
  std::uint32_t deltas[kPart];
  RowSlice slice;
  std::uint64_t row = 0;
  std::uint32_t next = 0;  // in `wanted`
  for (std::uint32_t first = 0; first < value_count; first += kPart) {
    const auto part = std::span(deltas).first(std::min(kPart, value_count - first));
    numbers.Read(first, part);
    const std::uint64_t end = std::accumulate(part.begin(), part.end(), row);
    if (next < wanted.size() && end < wanted[next]) {
      row = end;
      continue;
    }
    for (std::uint32_t i = 0; i < part.size(); ++i) {
      row += part[i];
      if (row >= row_count) return DataLoss("row deltas: row {} of {}", row, row_count);
      while (next < wanted.size() && wanted[next] < row) ++next;
      if (next == wanted.size()) return slice;
      if (wanted[next] != row) continue;
      slice.rows.push_back(next);
      slice.positions.push_back(first + i);
    }
  }
  return slice;
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
  std::vector<std::uint32_t> rows;
  switch (encoding) {
    case RowsEncoding::kDense:
      rows.resize(row_count);
      std::iota(rows.begin(), rows.end(), 0u);
      break;
    case RowsEncoding::kBitmap:
      TRY(CheckBitmap(page, row_count));
      for (std::uint32_t word = 0; word < WordCount(row_count); ++word) {
        AppendBits(WordAt(page, word), word * 64, &rows);
      }
      break;
    case RowsEncoding::kDeltas:
      return DecodeDeltas(page, value_count, row_count);
    default:
      return UnknownEncoding(encoding);
  }
  if (rows.size() != value_count || (!rows.empty() && rows.back() >= row_count)) {
    return DataLoss("row list: {} rows for {} values", rows.size(), value_count);
  }
  return rows;
}

Result<RowSlice> SliceRows(RowsEncoding encoding, std::string_view page, std::uint32_t value_count,
                           std::uint32_t row_count, std::span<const std::uint32_t> wanted) {
  switch (encoding) {
    case RowsEncoding::kDense:
      if (value_count != row_count) {
        return DataLoss("dense column: {} values for {} rows", value_count, row_count);
      }
      return SliceDense(wanted);
    case RowsEncoding::kBitmap: {
      TRY(CheckBitmap(page, row_count));
      RowSlice slice = SliceBitmap(page, wanted);
      if (!slice.positions.empty() && slice.positions.back() >= value_count) {
        return DataLoss("row bitmap: more rows than {} values", value_count);
      }
      return slice;
    }
    case RowsEncoding::kDeltas:
      return SliceDeltas(page, value_count, row_count, wanted);
    default:
      return UnknownEncoding(encoding);
  }
}

}  // namespace clew::storage
