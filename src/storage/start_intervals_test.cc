#include "storage/start_intervals.h"

#include <gtest/gtest.h>

#include "storage/testing/test_store.h"

namespace clew::storage {
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

class SourceTest : public ::testing::TestWithParam<bool> {};

TEST_P(SourceTest, KnowsItsStartsAndMakesThemOnce) {
  testing::TestStore store;
  ASSERT_TRUE(store
                  .Append(testing::MakeData(
                      {{.trace = "a", .span = "1", .service = "x", .start = 10 * kHour},
                       {.trace = "b", .span = "2", .service = "x", .start = 90'000 * kHour}}))
                  .has_value());
  if (GetParam()) {
    ASSERT_TRUE(store.storage().Flush().has_value());
  }
  // As each query does: objects of its own over what is stored.
  const auto starts = [&] {
    const SpanSourcePtr source = store.storage().Sources({}).at(0);
    return *source->PastDamage([](const Error&) {}, {})->Starts();
  };

  const StartIntervalsPtr found = starts();

  EXPECT_EQ(found->NewestIn(0, 20 * kHour), 10 * kHour);
  EXPECT_EQ(found->NewestIn(11 * kHour, 20 * kHour), std::nullopt);
  EXPECT_EQ(found->NewestIn(0, 100'000 * kHour), 90'000 * kHour);
  EXPECT_EQ(found, starts());
  EXPECT_LE(found->byte_size(), 1024u);
}

INSTANTIATE_TEST_SUITE_P(Sources, SourceTest, ::testing::Bool(),
                         [](const auto& source) { return source.param ? "Blocks" : "Fresh"; });

TEST(StartIntervals, OfMoreRowGroupsThanTheCacheHoldsAreMadeAnew) {
  StorageOptions options;
  options.cache_bytes_max = 8u << 10;
  testing::TestStore store(options);
  for (UnixNanos i = 1; i <= 50; ++i) {
    ASSERT_TRUE(store
                    .Append(testing::MakeData(
                        {{.trace = "a", .span = "1", .service = "x", .start = i * kHour},
                         {.trace = "b", .span = "2", .service = "x", .start = 90'000 * kHour}}))
                    .has_value());
    ASSERT_TRUE(store.storage().Flush().has_value());
  }
  prometheus::Gauge& bytes = store.metrics.Gauge("clew_query_cache_bytes", "");
  for (const SpanSourcePtr& source : store.storage().Sources({})) {
    EXPECT_TRUE(source->Starts().has_value());
    EXPECT_LE(bytes.Value(), 8u << 10);
  }
}

}  // namespace
}  // namespace clew::storage
