#include "traceql/metrics/time_range.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace clew::traceql::metrics {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kSecond = 1'000'000'000;

TimeRange Range(std::int64_t start, std::int64_t end, std::int64_t step) {
  return {.start = start * kSecond, .end = end * kSecond, .step = std::chrono::seconds(step)};
}

AskedRange Asked(std::int64_t start, std::int64_t end, Nanos step) {
  return {.start = start * kSecond, .end = end * kSecond, .step = step};
}

TEST(TimeRange, StartsAreFlooredAndMovedBackAndEndsRaised) {
  struct Case {
    std::int64_t start, end, step;
    std::int64_t aligned_start, aligned_end;
    std::uint32_t points;
  };
  const Case cases[] = {
      // A range of whole steps has one point more.
      {100, 200, 10, 90, 200, 11},
      {101, 200, 10, 90, 200, 11},
      {109, 201, 10, 90, 210, 12},
      {100, 101, 10, 90, 110, 2},
      // Not before the beginning of time.
      {5, 25, 10, 0, 30, 3},
      {10, 25, 10, 10, 30, 2},
      {11, 25, 10, 0, 30, 3},
      {7, 9, 60, 0, 60, 1},
  };
  for (const Case& c : cases) {
    const auto range = Align(Asked(c.start, c.end, std::chrono::seconds(c.step)), {});
    ASSERT_TRUE(range.has_value()) << range.error().message;
    EXPECT_EQ(*range, Range(c.aligned_start, c.aligned_end, c.step)) << c.start;
    EXPECT_EQ(range->bucket_count(), c.points) << c.start;
  }
}

TEST(TimeRange, EndsWhereSpansAreWhole) {
  const auto end_of = [](UnixNanos latest) {
    const auto range = Align(Asked(100, 200, 10s), {.latest = latest * kSecond});
    return range ? std::to_string(range->end / kSecond) : range.error().message;
  };
  EXPECT_EQ(end_of(300), "200");
  EXPECT_EQ(end_of(200), "200");
  EXPECT_EQ(end_of(199), "190");
  EXPECT_EQ(end_of(101), "100");
  EXPECT_EQ(end_of(100), "query window falls entirely within query_end_cutoff");
  EXPECT_EQ(end_of(80), "query window falls entirely within query_end_cutoff");
}

TEST(TimeRange, SaysWhatIsWrong) {
  const auto error = [](const AskedRange& asked, const RangeLimits& limits = {}) {
    const auto range = Align(asked, limits);
    return range ? "none" : range.error().message;
  };
  EXPECT_EQ(error(Asked(0, 200, 10s)), "start required");
  EXPECT_EQ(error(Asked(100, 0, 10s)), "end required");
  EXPECT_EQ(error(Asked(100, 100, 10s)), "end must be greater than start");
  EXPECT_EQ(error(Asked(100, 90, 10s)), "end must be greater than start");
  EXPECT_EQ(error(Asked(100, 200, 0s)), "step required");
  EXPECT_EQ(error(Asked(100, 100 + 86'400, 10s)), "none");
  EXPECT_EQ(error(Asked(100, 101 + 86'400, 10s)),
            "metrics query time range exceeds the maximum allowed duration of 24h0m0s");
  EXPECT_EQ(error(Asked(100, 100 + 10'000, 1s)), "none");
  EXPECT_EQ(error(Asked(100, 101 + 10'000, 1s)),
            "step of 1s is too small, minimum step for given range is 1.0001s");
  EXPECT_EQ(error(Asked(100, 200, 10s), {.points_max = 9}),
            "step of 10s is too small, minimum step for given range is 11.111111112s");
}

TEST(TimeRange, AnInstantIsOneBucket) {
  const auto range = Instant(Asked(103, 207, 10s), {});
  ASSERT_TRUE(range.has_value());
  EXPECT_EQ(*range, Range(103, 207, 104));
  EXPECT_EQ(range->bucket_count(), 1);
  EXPECT_EQ(range->TimestampMs(0), 207'000);
  EXPECT_EQ(Instant(Asked(103, 207, {}), {.latest = 150 * kSecond})->end, 150 * kSecond);
  EXPECT_EQ(Instant(Asked(103, 103, {}), {}).error().message, "end must be greater than start");
}

TEST(TimeRange, DefaultStepsAreRound) {
  struct Case {
    Nanos range, step;
  };
  const Case cases[] = {
      {1s, 50ms},  {12s, 50ms},  {30s, 100ms}, {59s, 200ms},   {60s, 1s},  {10min, 2s},
      {30min, 5s}, {1h, 15s},    {2h, 30s},    {3h, 45s},      {6h, 1min}, {12h, 3min},
      {24h, 5min}, {48h, 10min}, {240h, 1h},   {24h * 30, 3h}, {0s, 50ms}, {20min, 5s},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(DefaultStep(1'000 * kSecond, 1'000 * kSecond + c.range.count()), c.step)
        << c.range.count();
  }
}

TEST(TimeRange, BucketsAreClosedToTheRight) {
  const TimeRange range = Range(100, 130, 10);
  EXPECT_EQ(range.BucketOf(100 * kSecond), TimeRange::kNoBucket);
  EXPECT_EQ(range.BucketOf(100 * kSecond + 1), 0);
  EXPECT_EQ(range.BucketOf(110 * kSecond), 0);
  EXPECT_EQ(range.BucketOf(110 * kSecond + 1), 1);
  EXPECT_EQ(range.BucketOf(130 * kSecond), 2);
  EXPECT_EQ(range.BucketOf(130 * kSecond + 1), TimeRange::kNoBucket);
  EXPECT_EQ(range.BucketOf(0), TimeRange::kNoBucket);
  // Beyond 2^63.
  EXPECT_EQ(range.BucketOf(-1), TimeRange::kNoBucket);
  EXPECT_EQ(range.TimestampMs(0), 110'000);
  EXPECT_EQ(range.TimestampMs(2), 130'000);
  const TimeRange uneven = Range(100, 130, 20);
  EXPECT_EQ(uneven.bucket_count(), 2);
  EXPECT_EQ(uneven.BucketOf(130 * kSecond), 1);
}

TEST(TimeRange, BucketsAreFoundQuicklyAndTheSame) {
  // The last bucket ends early.
  const TimeRange range{.start = 1'000, .end = 1'980, .step = Nanos(33)};
  std::mt19937_64 random(1);
  BucketFinder finder(range);
  for (int i = 0; i < 100'000; ++i) {
    const auto time = static_cast<UnixNanos>(980 + random() % 1'030);
    ASSERT_EQ(finder.Of(time), range.BucketOf(time)) << time;
  }
}

}  // namespace
}  // namespace clew::traceql::metrics
