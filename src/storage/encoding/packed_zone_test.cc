#include "storage/encoding/packed_zone.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <vector>

namespace clew::storage {
namespace {

TEST(PackedZone, KeepsEveryWidth) {
  std::mt19937_64 random(1);
  for (unsigned width = 1; width <= 64; ++width) {
    std::vector<std::int64_t> numbers(777);
    for (std::int64_t& number : numbers) {
      number = static_cast<std::int64_t>(random() >> (64 - width)) - 5;
    }
    const ZoneRange range = RangeOf(numbers);
    const std::string page = EncodePackedZone(numbers, range);

    const auto zone = OpenPackedZone(range, 777, page);

    ASSERT_TRUE(zone.has_value()) << width;
    EXPECT_EQ(page.size(), PackedZoneBytes(range, 777));
    const base::PackedNumbers packed{std::span(&*zone, 1), numbers.size()};
    for (std::size_t i = 0; i < numbers.size(); ++i) ASSERT_EQ(packed.At(i), numbers[i]) << width;
  }
}

TEST(PackedZone, NumbersThatAreAllTheSameTakeNoPage) {
  const std::vector<std::int64_t> numbers(4096, std::numeric_limits<std::int64_t>::min());
  const ZoneRange range = RangeOf(numbers);

  const auto zone = OpenPackedZone(range, 4096, EncodePackedZone(numbers, range));

  ASSERT_TRUE(zone.has_value());
  EXPECT_EQ(PackedZoneBytes(range, 4096), 0u);
  EXPECT_EQ(base::PackedNumbers({std::span(&*zone, 1), 4096}).At(4095), numbers.back());
}

TEST(PackedZone, RefusesPagesOfAnotherLength) {
  const std::vector<std::int64_t> numbers = {1, 2, 3, 1000};
  const ZoneRange range = RangeOf(numbers);
  const std::string page = EncodePackedZone(numbers, range) + ' ';

  for (std::size_t length = 0; length <= page.size(); ++length) {
    EXPECT_EQ(OpenPackedZone(range, 4, std::string_view(page).substr(0, length)).has_value(),
              length + 1 == page.size());
  }
}

}  // namespace
}  // namespace clew::storage
