#include "query/start_intervals.h"

#include <gtest/gtest.h>

#include "storage/testing/test_store.h"

namespace clew::query {
namespace {

constexpr UnixNanos kHour = 3'600'000'000'000;

TEST(StartIntervals, LeaveOutTheWidestGaps) {
  const StartIntervals intervals({5, 1'000'000, 1, 3, 900'000});
  EXPECT_EQ(intervals.NewestIn(0, 4), 3);
  EXPECT_EQ(intervals.NewestIn(6, 800'000), std::nullopt);
  EXPECT_EQ(intervals.NewestIn(0, 800'000), 5);
  EXPECT_EQ(intervals.NewestIn(0, 2'000'000), 1'000'000);
  EXPECT_EQ(intervals.NewestIn(2'000'000, 3'000'000), std::nullopt);
  EXPECT_EQ(StartIntervals({}).NewestIn(0, 1), std::nullopt);
}

TEST(StartIntervals, AreFewAndCoverEverything) {
  std::vector<UnixNanos> starts;
  for (UnixNanos i = 0; i < 10'000; ++i) starts.push_back(i * i * 1000);
  const StartIntervals intervals(starts);
  EXPECT_LE(intervals.intervals().size(), StartIntervals::kCountMax);
  for (const UnixNanos start : starts) EXPECT_EQ(intervals.NewestIn(start, start), start);
}

TEST(StartIntervalsCache, LooksBeyondTheStatisticsOfAWideSource) {
  storage::testing::TestStore store;
  ASSERT_TRUE(store
                  .Append(storage::testing::MakeData(
                      {{.trace = "a", .span = "1", .service = "x", .start = 10 * kHour},
                       {.trace = "b", .span = "2", .service = "x", .start = 90'000 * kHour}}))
                  .has_value());
  StartIntervalsCache cache;
  const auto newest = [&](UnixNanos min, UnixNanos max) {
    return cache.NewestIn(store.storage().Sources({}).at(0), min, max).value();
  };
  EXPECT_EQ(newest(0, 20 * kHour), 10 * kHour);
  EXPECT_EQ(newest(11 * kHour, 20 * kHour), std::nullopt);
  EXPECT_EQ(newest(0, 100'000 * kHour), 90'000 * kHour);
}

}  // namespace
}  // namespace clew::query
