#include "log/lost_pieces.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

namespace clew::log {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

LostPiece Piece(std::uint64_t begin, std::uint64_t end, std::string cause = "damaged") {
  return {{begin}, {end}, std::move(cause), TenantId()};
}

/// As "begin-end cause", with a '*' when it is of any tenant.
std::vector<std::string> TextsOf(const LostPieces& lost, Position from = {}) {
  std::vector<std::string> texts;
  for (const LostPiece& piece : lost.From(from)) {
    texts.push_back(fmt::format("{}-{} {}{}", piece.begin.offset, piece.end.offset, piece.cause,
                                piece.tenant.has_value() ? "" : "*"));
  }
  return texts;
}

TEST(LostPieces, AreAscendingAndApart) {
  LostPieces lost;
  lost.Add(Piece(50, 60, "b"));
  lost.Add(Piece(10, 20, "a"));
  lost.Add(Piece(10, 20, "again"));
  lost.Add(Piece(60, 70, "c"));
  lost.Add(Piece(80, 80, "nothing"));

  EXPECT_THAT(TextsOf(lost), ElementsAre("10-20 a", "50-60 b", "60-70 c"));

  lost.Add({{15}, {61}, "large", std::nullopt});
  EXPECT_THAT(TextsOf(lost), ElementsAre("10-70 a*"));
}

TEST(LostPieces, FromAPositionOn) {
  LostPieces lost;
  lost.Add(Piece(10, 20));
  lost.Add(Piece(30, 40));

  EXPECT_THAT(TextsOf(lost, {15}), ElementsAre("15-20 damaged", "30-40 damaged"));
  EXPECT_THAT(TextsOf(lost, {20}), ElementsAre("30-40 damaged"));
  EXPECT_THAT(TextsOf(lost, {40}), IsEmpty());
}

TEST(LostPieces, WhenThereAreManyTheyAreJoinedAndNoneIsForgotten) {
  LostPieces lost;
  for (std::uint64_t i = 0; i < 3 * LostPieces::kCountMax; ++i) {
    const std::uint64_t begin = (i * 7919 % (3 * LostPieces::kCountMax)) * 10 + 10;
    lost.Add(Piece(begin, begin + 5));
  }

  const std::vector<LostPiece> pieces = lost.From({});
  EXPECT_EQ(pieces.size(), LostPieces::kCountMax);
  for (std::uint64_t i = 0; i < 3 * LostPieces::kCountMax; ++i) {
    const Position begin{i * 10 + 10};
    const auto after = std::ranges::upper_bound(pieces, begin, {}, &LostPiece::begin);
    ASSERT_NE(after, pieces.begin()) << i;
    EXPECT_GE(std::prev(after)->end.offset, begin.offset + 5) << i;
  }
}

}  // namespace
}  // namespace clew::log
