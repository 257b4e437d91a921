#include "storage/encoding/number_page.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace clew::storage {
namespace {

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

std::vector<std::int64_t> RoundTrip(const std::vector<std::int64_t>& numbers) {
  const std::string page = EncodeNumbers(numbers);
  const auto opened = NumberPage::Open(page);
  EXPECT_TRUE(opened.has_value());
  return opened->ReadAll();
}

TEST(NumberPage, KeepsExtremesAndConstants) {
  for (const std::vector<std::int64_t>& numbers :
       std::vector<std::vector<std::int64_t>>{{}, {7}, {7, 7, 7}, {kMin, kMax, 0, -1, 1}}) {
    EXPECT_EQ(RoundTrip(numbers), numbers);
  }
}

TEST(NumberPage, KeepsEveryWidthOverSeveralZones) {
  std::mt19937_64 random(1);
  for (int width = 1; width <= 64; ++width) {
    std::vector<std::int64_t> numbers(kZoneValues + 77);
    for (std::int64_t& number : numbers) {
      number = static_cast<std::int64_t>(random() >> (64 - width)) - 5;
    }
    ASSERT_EQ(RoundTrip(numbers), numbers) << width;
  }
}

TEST(NumberPage, ReadsAnySlice) {
  std::vector<std::int64_t> numbers(2 * kZoneValues + 10);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<std::int64_t>(i * i);
  const std::string page = EncodeNumbers(numbers);
  const auto opened = NumberPage::Open(page);

  std::vector<std::int64_t> slice(kZoneValues + 3);
  opened->Read(4090, std::span(slice));

  EXPECT_EQ(slice, std::vector<std::int64_t>(numbers.begin() + 4090,
                                             numbers.begin() + 4090 + std::ssize(slice)));
  EXPECT_EQ(opened->zone(0).max, numbers[kZoneValues - 1]);
  EXPECT_EQ(opened->zone(1).min, numbers[kZoneValues]);
}

TEST(NumberPage, RefusesEveryTruncation) {
  const std::string page = EncodeNumbers(std::vector<std::int64_t>{1, 2, 3, 1000});

  for (std::size_t length = 0; length < page.size(); ++length) {
    EXPECT_FALSE(NumberPage::Open(std::string_view(page).substr(0, length)).has_value()) << length;
  }
}

}  // namespace
}  // namespace clew::storage
