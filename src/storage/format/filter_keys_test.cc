#include "storage/format/filter_keys.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <numeric>
#include <string>

#include "storage/encoding/bloom_filter.h"

namespace clew::storage {
namespace {

// As it is done for a column of a row group.
void AddNumbers(const scan::ValueKeys& column, const std::vector<std::int64_t>& numbers,
                FilterKeyCollector& collector) {
  DistinctNumbers distinct(numbers.size());
  for (const std::int64_t number : numbers) {
    if (!distinct.Add(number)) return collector.LeaveOut(column);
  }
  collector.AddNumbers(column, model::ValueType::kInt, distinct);
}

// Keys of columns of so many values each.
FilterKeys KeysOf(const std::vector<std::int64_t>& counts, std::uint64_t span_count) {
  FilterKeyCollector collector;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto column = scan::ValueKeys::OfAttribute(model::Owner::kSpan, std::to_string(i));
    std::vector<std::int64_t> numbers(static_cast<std::size_t>(counts[i]));
    std::iota(numbers.begin(), numbers.end(), 0);
    collector.AddPresence(column);
    AddNumbers(column, numbers, collector);
  }
  return collector.Take(span_count);
}

bool Has(const FilterKeys& keys, int column, std::int64_t number) {
  const std::string filter = BuildValueFilter(keys);
  const auto of = scan::ValueKeys::OfAttribute(model::Owner::kSpan, std::to_string(column));
  return MayContain(filter, of.Presence()) &&
         (MayContain(filter, of.LeftOut()) || MayContain(filter, of.Int(number)));
}

TEST(FilterKeys, TheColumnWithMostValuesIsLeftOutWhenThereIsNoRoom) {
  const FilterKeys keys = KeysOf({1000, 9000, 1}, 9000);

  EXPECT_LE(BuildValueFilter(keys).size(), 9000u);
  EXPECT_TRUE(Has(keys, 0, 999));
  EXPECT_FALSE(Has(keys, 0, 1000));
  EXPECT_TRUE(Has(keys, 1, 1'000'000)) << "is left out: may hold anything";
  EXPECT_TRUE(Has(keys, 2, 0));
  EXPECT_FALSE(Has(keys, 2, 1));
}

TEST(FilterKeys, AColumnOfVeryManyValuesIsLeftOut) {
  EXPECT_FALSE(Has(KeysOf({16'384}, 1u << 20), 0, -1));
  EXPECT_TRUE(Has(KeysOf({16'385}, 1u << 20), 0, -1));
}

TEST(FilterKeys, VeryManyColumnsHaveNoFilter) {
  const FilterKeys keys = KeysOf(std::vector<std::int64_t>(5000, 3), 100);

  EXPECT_TRUE(keys.is_too_many);
  EXPECT_EQ(BuildValueFilter(keys), "");
}

TEST(FilterKeys, JoinedLeaveOutWhatOneLeavesOut) {
  const FilterKeys few = KeysOf({10, 10}, 1u << 20);
  const FilterKeys many = KeysOf({20'000, 20}, 1u << 20);
  const std::vector<const FilterKeys*> parts = {&few, &many};

  const FilterKeys joined = JoinFilterKeys(parts);

  EXPECT_TRUE(Has(joined, 0, -1));
  EXPECT_TRUE(Has(joined, 1, 19));
  EXPECT_FALSE(Has(joined, 1, 20));
}

// Of one column of these.
FilterKeys KeysOfTexts(const std::vector<std::string>& texts) {
  FilterKeyCollector collector;
  const auto column = scan::ValueKeys::OfAttribute(model::Owner::kSpan, "0");
  collector.AddPresence(column);
  collector.AddTexts(column, std::vector<std::string_view>(texts.begin(), texts.end()));
  return collector.Take(1u << 20);
}

bool Has(const FilterKeys& keys, const std::string& text) {
  const std::string filter = BuildValueFilter(keys);
  const auto of = scan::ValueKeys::OfAttribute(model::Owner::kSpan, "0");
  return MayContain(filter, of.LeftOut()) || MayContain(filter, of.Text(text));
}

std::vector<std::string> DifferentTexts(int count) {
  std::vector<std::string> texts;
  for (int i = 0; i < count; ++i) texts.push_back("text " + std::to_string(i));
  return texts;
}

TEST(FilterKeys, AColumnOfVeryManyTextsIsLeftOut) {
  const FilterKeys many = KeysOfTexts(DifferentTexts(16'384));
  EXPECT_TRUE(Has(many, "text 0"));
  EXPECT_TRUE(Has(many, "text 16383"));
  EXPECT_FALSE(Has(many, "another"));

  const FilterKeys too_many = KeysOfTexts(DifferentTexts(16'385));
  const std::string filter = BuildValueFilter(too_many);
  const auto of = scan::ValueKeys::OfAttribute(model::Owner::kSpan, "0");
  EXPECT_TRUE(MayContain(filter, of.LeftOut()));
  // For each text: its grams are all that is kept of it.
  EXPECT_TRUE(too_many.columns.at(0).keys.empty());
  EXPECT_LT(too_many.key_count(), 2'500u);
}

bool HasGramsOf(const FilterKeys& keys, const std::string& text) {
  const std::string filter = BuildValueFilter(keys);
  const auto of = scan::ValueKeys::OfAttribute(model::Owner::kSpan, "0");
  const auto may_contain = [&](std::uint64_t key) { return MayContain(filter, key); };
  return std::ranges::all_of(of.HasGrams(), may_contain) &&
         std::ranges::all_of(scan::GramsOf(text),
                             [&](scan::Gram gram) { return MayContain(filter, of.OfGram(gram)); });
}

TEST(FilterKeys, OfManyTextsTheGramsAreThere) {
  const FilterKeys keys = KeysOfTexts(DifferentTexts(20'000));
  EXPECT_TRUE(HasGramsOf(keys, "TEXT 17"));
  EXPECT_FALSE(HasGramsOf(keys, "another"));
  EXPECT_FALSE(HasGramsOf(KeysOfTexts(DifferentTexts(16'384)), "text 17")) << "has all values";
}

TEST(FilterKeys, GramsAreOfTextsThatAllHaveThem) {
  std::vector<std::string> texts = DifferentTexts(20'000);
  texts.emplace_back("300 \u212a");
  EXPECT_FALSE(HasGramsOf(KeysOfTexts(texts), "text 17"));
  texts.back() = "cut \xC3";
  EXPECT_FALSE(HasGramsOf(KeysOfTexts(texts), "text 17"));
  texts.back() = std::string((4u << 20) + 1, 'x');
  EXPECT_FALSE(HasGramsOf(KeysOfTexts(texts), "text 17"));
}

TEST(FilterKeys, AColumnThatHasNumbersTooHasNoGrams) {
  FilterKeyCollector collector;
  const auto column = scan::ValueKeys::OfAttribute(model::Owner::kSpan, "0");
  const std::vector<std::string> texts = DifferentTexts(300);
  collector.AddDiverseTexts(column, std::vector<std::string_view>(texts.begin(), texts.end()));
  AddNumbers(column, {1}, collector);
  EXPECT_FALSE(HasGramsOf(collector.Take(1u << 20), "text 17"));
}

TEST(FilterKeys, JoinedHaveGramsWhenAllHave) {
  const FilterKeys all = KeysOfTexts(DifferentTexts(20'000));
  const FilterKeys some = KeysOfTexts(DifferentTexts(17'000));
  const FilterKeys few = KeysOfTexts(DifferentTexts(3));
  EXPECT_TRUE(HasGramsOf(JoinFilterKeys(std::vector{&all, &some}), "text 17"));
  EXPECT_FALSE(HasGramsOf(JoinFilterKeys(std::vector{&all, &some}), "another"));
  EXPECT_FALSE(HasGramsOf(JoinFilterKeys(std::vector{&all, &few}), "text 17"));
}

TEST(FilterKeys, GramsTakeWhatRoomThereIs) {
  FilterKeys keys = KeysOfTexts(DifferentTexts(20'000));
  keys.Fit(4u << 10);
  EXPECT_TRUE(HasGramsOf(keys, "text 17"));
  const auto of = scan::ValueKeys::OfAttribute(model::Owner::kSpan, "1");
  FilterKeys::Column& other = keys.columns.emplace_back(of.LeftOut());
  for (std::uint64_t key = 0; key < 2'600; ++key) other.keys.push_back(key);
  keys.Fit(4u << 10);
  EXPECT_FALSE(HasGramsOf(keys, "text 17"));
  EXPECT_FALSE(other.is_left_out) << "values come first";
}

TEST(FilterKeys, TextsThatRepeatCountOnce) {
  std::vector<std::string> texts;
  for (int i = 0; i < 20'000; ++i) texts.push_back("text " + std::to_string(i % 3));
  const FilterKeys keys = KeysOfTexts(texts);

  EXPECT_TRUE(Has(keys, "text 2"));
  EXPECT_FALSE(Has(keys, "text 3"));
}

FilterKeys KeysOfNumbers(const std::vector<std::int64_t>& numbers) {
  FilterKeyCollector collector;
  const auto column = scan::ValueKeys::OfAttribute(model::Owner::kSpan, "0");
  collector.AddPresence(column);
  AddNumbers(column, numbers, collector);
  return collector.Take(1u << 20);
}

// Multiples of `factor`, modulo 2^64.
std::vector<std::int64_t> Multiples(std::uint64_t factor) {
  std::vector<std::int64_t> numbers;
  for (std::uint64_t i = 0; i < 16'000; ++i) {
    numbers.push_back(static_cast<std::int64_t>(i * factor));
  }
  return numbers;
}

// Undoes one round of the hash by which numbers are told apart.
std::uint64_t Unmix(std::uint64_t hash) {
  constexpr std::uint64_t kFactor = 0x9e3779b97f4a7c15u;
  constexpr std::uint64_t kInverse = 0xf1de83e19937733du;
  static_assert(kFactor * kInverse == 1);
  const std::uint64_t bits = hash * kInverse;
  return bits ^ bits >> 32;
}

// To tell them apart would take a time that grows with the square of how many they are.
TEST(FilterKeys, NumbersThatWereChosenToMeetInOneSlotAreLeftOut) {
  std::vector<std::int64_t> numbers;
  for (std::uint64_t hash = 0; hash < 16'000; ++hash) {
    numbers.push_back(static_cast<std::int64_t>(Unmix(Unmix(hash))));
  }

  EXPECT_EQ(KeysOfNumbers(numbers).key_count(), 2u);
}

TEST(FilterKeys, NumbersInEvenDistancesAreKept) {
  for (const std::uint64_t distance :
       {std::uint64_t{1}, std::uint64_t{7}, std::uint64_t{10}, std::uint64_t{1000},
        std::uint64_t{1024}, std::uint64_t{10'080}, std::uint64_t{46'368}, std::uint64_t{86'400},
        std::uint64_t{1'000'000}, std::uint64_t{1'000'000'000}, std::uint64_t{1} << 32,
        std::uint64_t{1} << 44, ~std::uint64_t{0}}) {
    EXPECT_EQ(KeysOfNumbers(Multiples(distance)).key_count(), 16'001u) << distance;
  }
}

TEST(FilterKeys, WhatIsNotKeptTakesNoMemory) {
  EXPECT_EQ(MemoryOf(KeysOf(std::vector<std::int64_t>(5000, 3), 100)), 0u);
  EXPECT_EQ(MemoryOf(KeysOf({9000, 20'000}, 9000)),
            2 * (sizeof(FilterKeys::Column) + sizeof(std::uint64_t)));
  FilterKeys keys = KeysOf({5000}, 1u << 20);
  keys.Fit(1);
  EXPECT_EQ(MemoryOf(keys), sizeof(FilterKeys::Column) + sizeof(std::uint64_t));
  EXPECT_EQ(MemoryOf(KeysOf({100}, 9000)),
            sizeof(FilterKeys::Column) + 101 * sizeof(std::uint64_t));
}

}  // namespace
}  // namespace clew::storage
