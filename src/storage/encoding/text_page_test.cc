#include "storage/encoding/text_page.h"

#include <gtest/gtest.h>

namespace clew::storage {
namespace {

constexpr TextLimits kMax{.bytes_max = 1u << 20, .count_max = 100};

TEST(TextPage, KeepsTextsOfEveryLength) {
  const std::string large(10'000, 'x');
  const std::vector<std::string_view> texts = {"", "a", large, std::string_view("\0\xff", 2), ""};

  const auto decoded = DecodeTexts(EncodeTexts(texts), kMax);

  ASSERT_TRUE(decoded.has_value());
  ASSERT_EQ(decoded->count(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(decoded->Get(i), texts[i]);
}

TEST(TextPage, AnEmptyPageHoldsNothing) {
  EXPECT_EQ(DecodeTexts(EncodeTexts({}), kMax)->count(), 0u);
}

TEST(TextPage, RefusesTruncationsAndLargeClaims) {
  const std::vector<std::string_view> texts = {"alpha", "beta"};
  const std::string page = EncodeTexts(texts);

  for (std::size_t length = 0; length < page.size(); ++length) {
    EXPECT_FALSE(DecodeTexts(std::string_view(page).substr(0, length), kMax).has_value()) << length;
  }
  EXPECT_FALSE(DecodeTexts(page, {.bytes_max = 5, .count_max = 2}).has_value());
  EXPECT_FALSE(DecodeTexts(page, {.bytes_max = 9, .count_max = 1}).has_value());
  EXPECT_TRUE(DecodeTexts(page, {.bytes_max = 9, .count_max = 2}).has_value());
}

}  // namespace
}  // namespace clew::storage
