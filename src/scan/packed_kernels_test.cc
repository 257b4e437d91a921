#include "scan/packed_kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace clew::scan {
namespace {

constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();

/// Numbers and what a column keeps of them.
class Packed {
 public:
  explicit Packed(std::vector<std::int64_t> numbers) : numbers_(std::move(numbers)) {
    const std::size_t zone_count =
        (numbers_.size() + base::kPackedZoneNumbers - 1) / base::kPackedZoneNumbers;
    data_.reserve(zone_count);
    for (std::size_t i = 0; i < zone_count; ++i) {
      const std::size_t first = i * base::kPackedZoneNumbers;
      AddZone(std::span(numbers_).subspan(
          first, std::min(base::kPackedZoneNumbers, numbers_.size() - first)));
    }
  }
  base::PackedNumbers view() const { return {zones_, numbers_.size()}; }
  const std::vector<std::int64_t>& numbers() const { return numbers_; }

 private:
  void AddZone(std::span<const std::int64_t> zone) {
    const auto [min, max] = std::ranges::minmax(zone);
    const auto width = static_cast<unsigned>(
        std::bit_width(static_cast<std::uint64_t>(max) - static_cast<std::uint64_t>(min)));
    std::string& data =
        data_.emplace_back((zone.size() * width + 7) / 8 + base::kUnpackPadding, '\0');
    for (std::size_t i = 0; i < zone.size() * width; ++i) {
      const std::uint64_t more =
          static_cast<std::uint64_t>(zone[i / width]) - static_cast<std::uint64_t>(min);
      if ((more >> (i % width) & 1) != 0) data[i / 8] = static_cast<char>(data[i / 8] | 1 << i % 8);
    }
    zones_.push_back({.min = min, .max = max, .data = data.data(), .width = width});
  }

  std::vector<std::int64_t> numbers_;
  std::vector<std::string> data_;
  std::vector<base::PackedZone> zones_;
};

/// Ascending rows for values of a sparse column, or none.
std::vector<std::uint32_t> RandomRows(std::size_t count, std::mt19937_64* random) {
  std::vector<std::uint32_t> rows(count);
  std::uint32_t row = 0;
  for (std::uint32_t& next : rows) next = row += 1 + static_cast<std::uint32_t>((*random)() % 3);
  return rows;
}

/// What the kernel finds of the candidates is what a loop finds.
template <typename TestOf, typename Passes>
void ExpectFound(const Packed& packed, const TestOf& test_of, const Passes& passes,
                 std::mt19937_64* random) {
  for (const bool is_sparse : {false, true}) {
    const std::size_t count = packed.numbers().size();
    const auto rows = is_sparse ? RandomRows(count, random) : std::vector<std::uint32_t>();
    const std::size_t row_count = is_sparse && count > 0 ? rows.back() + 1 : count;
    RowSet expected(row_count, RowSet::Fill::kNone);
    for (std::size_t i = 0; i < count; ++i) {
      if (passes(packed.numbers()[i])) expected.Add(is_sparse ? rows[i] : i);
    }
    RowSet some(row_count, RowSet::Fill::kNone);
    for (std::size_t i = 0; i < 20 && row_count > 0; ++i) some.Add((*random)() % row_count);
    const RowSet* const all_candidates[] = {nullptr, &some};
    for (const RowSet* candidates : all_candidates) {
      RowSet found(row_count, RowSet::Fill::kNone);
      AddPackedRows(rows, packed.view(), candidates, test_of, &found);
      RowSet wanted = expected;
      if (candidates != nullptr) {
        found.Intersect(*candidates);
        wanted.Intersect(*candidates);
      }
      ASSERT_EQ(found.Rows(), wanted.Rows());
    }
  }
}

std::vector<std::int64_t> RandomNumbers(std::size_t count, unsigned width, std::int64_t base,
                                        std::mt19937_64* random) {
  std::vector<std::int64_t> numbers(count);
  for (std::int64_t& number : numbers) {
    const std::uint64_t more = width == 0 ? 0 : (*random)() >> (64 - width);
    number = static_cast<std::int64_t>(static_cast<std::uint64_t>(base) + more);
  }
  return numbers;
}

TEST(PackedKernels, RangesOfEveryWidth) {
  std::mt19937_64 random(1);
  for (unsigned width = 0; width <= 64; ++width) {
    const std::int64_t base = width == 64 ? kLowest : -3;
    const Packed packed(RandomNumbers(100 + width, width, base, &random));
    std::vector<std::int64_t> edges = {kLowest, kHighest, base, 0};
    for (int i = 0; i < 4; ++i) {
      const std::int64_t number = packed.numbers()[random() % packed.numbers().size()];
      edges.push_back(number);
      if (number < kHighest) edges.push_back(number + 1);
    }
    for (const std::int64_t least : edges) {
      for (const std::int64_t most : edges) {
        if (least > most) continue;
        ExpectFound(
            packed, RangeTest{least, most},
            [&](std::int64_t number) { return least <= number && number <= most; }, &random);
      }
    }
  }
}

TEST(PackedKernels, ZonesOfDifferentNumbers) {
  std::mt19937_64 random(2);
  std::vector<std::int64_t> numbers;
  for (const auto& [width, base] : {std::pair{10u, 0}, {0u, 7}, {20u, -5000}, {3u, 1'000'000}}) {
    const auto zone = RandomNumbers(base::kPackedZoneNumbers, width, base, &random);
    numbers.insert(numbers.end(), zone.begin(), zone.end());
  }
  numbers.resize(numbers.size() - 1000);
  const Packed packed(std::move(numbers));
  ExpectFound(
      packed, RangeTest{7, 500}, [](std::int64_t number) { return 7 <= number && number <= 500; },
      &random);
  const auto is_odd = [](std::int64_t number) { return static_cast<std::uint8_t>(number & 1); };
  ExpectFound(packed, NumberTest<decltype(is_odd)>{is_odd}, is_odd, &random);
}

TEST(PackedKernels, LooksCodesUp) {
  std::mt19937_64 random(3);
  std::vector<std::int64_t> numbers = RandomNumbers(base::kPackedZoneNumbers, 9, 0, &random);
  const auto more = RandomNumbers(70, 4, 300, &random);
  numbers.insert(numbers.end(), more.begin(), more.end());
  std::vector<std::uint8_t> passes(512);
  for (std::uint8_t& pass : passes) pass = static_cast<std::uint8_t>(random() % 2);
  ExpectFound(
      Packed(std::move(numbers)), LookupTest{passes},
      [&](std::int64_t code) { return passes[static_cast<std::size_t>(code)] != 0; }, &random);
}

}  // namespace
}  // namespace clew::scan
