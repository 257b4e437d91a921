#include "scan/start_intervals.h"

#include <gtest/gtest.h>

namespace clew::scan {
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

}  // namespace
}  // namespace clew::scan
