#include "storage/encoding/row_list.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace clew::storage {
namespace {

using Rows = std::vector<std::uint32_t>;

void ExpectRoundTrip(const Rows& rows, std::uint32_t row_count, RowsEncoding encoding) {
  const EncodedRows encoded = EncodeRows(rows, row_count);
  EXPECT_EQ(encoded.encoding, encoding);
  const auto count = static_cast<std::uint32_t>(rows.size());
  EXPECT_EQ(*DecodeRows(encoded.encoding, encoded.page, count, row_count), rows);
  for (std::uint32_t first = 0; first < row_count; first += 7) {
    for (const std::uint32_t step : {1u, 2u, 5u, 61u, 64u}) {
      Rows wanted;
      for (std::uint32_t row = first; row < row_count; row += step) wanted.push_back(row);
      const auto slice = SliceRows(encoded.encoding, encoded.page, count, row_count, wanted);
      ASSERT_TRUE(slice.has_value());
      RowSlice expected;
      for (std::uint32_t position = 0; position < count; ++position) {
        const auto found = std::ranges::find(wanted, rows[position]);
        if (found == wanted.end()) continue;
        expected.rows.push_back(static_cast<std::uint32_t>(found - wanted.begin()));
        expected.positions.push_back(position);
      }
      ASSERT_EQ(slice->rows, expected.rows) << first << " step " << step;
      ASSERT_EQ(slice->positions, expected.positions) << first << " step " << step;
    }
  }
}

TEST(RowList, AllRowsNeedNoPage) {
  Rows rows(130);
  for (std::uint32_t i = 0; i < rows.size(); ++i) rows[i] = i;
  ExpectRoundTrip(rows, 130, RowsEncoding::kDense);
}

TEST(RowList, ManyRowsAreABitmap) {
  Rows rows;
  for (std::uint32_t i = 0; i < 200; ++i) {
    if (i % 3 != 0) rows.push_back(i);
  }
  ExpectRoundTrip(rows, 200, RowsEncoding::kBitmap);
}

TEST(RowList, FewOrRepeatedRowsAreDeltas) {
  ExpectRoundTrip({5, 190}, 200, RowsEncoding::kDeltas);
  ExpectRoundTrip({0, 0, 1, 64, 64, 64}, 65, RowsEncoding::kDeltas);
}

// Of 2,000 values those in front of what is wanted are added up, and those behind it are not read.
TEST(RowList, FindsAFewOfVeryManyDeltas) {
  constexpr std::uint32_t kRowCount = 80'000;
  Rows rows;
  for (std::uint32_t i = 0; i < 2'000; ++i) rows.push_back(i * 40 + i % 3);
  const EncodedRows encoded = EncodeRows(rows, kRowCount);
  ASSERT_EQ(encoded.encoding, RowsEncoding::kDeltas);
  const auto slice_of = [&](const Rows& wanted) {
    return *SliceRows(encoded.encoding, encoded.page, 2'000, kRowCount, wanted);
  };
  for (std::uint32_t position = 0; position < rows.size(); ++position) {
    const RowSlice slice = slice_of({rows[position], rows[position] + 5});
    ASSERT_EQ(slice.rows, Rows{0}) << position;
    ASSERT_EQ(slice.positions, Rows{position});
  }
  EXPECT_TRUE(slice_of({kRowCount - 1}).rows.empty());
  EXPECT_EQ(slice_of(rows).rows.size(), rows.size());
  EXPECT_TRUE(slice_of({}).rows.empty());
}

TEST(RowList, RefusesRowsThatAreNotThere) {
  const EncodedRows encoded = EncodeRows(Rows{5, 190}, 200);

  EXPECT_FALSE(DecodeRows(encoded.encoding, encoded.page, 2, 100).has_value());
  EXPECT_FALSE(DecodeRows(encoded.encoding, encoded.page, 3, 200).has_value());
  EXPECT_FALSE(DecodeRows(RowsEncoding::kBitmap, "12345", 2, 200).has_value());
  EXPECT_FALSE(DecodeRows(RowsEncoding::kDense, "", 2, 200).has_value());
}

}  // namespace
}  // namespace clew::storage
