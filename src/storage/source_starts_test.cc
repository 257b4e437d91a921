#include <gtest/gtest.h>

#include "storage/testing/test_store.h"

namespace clew::storage {
namespace {

constexpr UnixNanos kHour = 3'600'000'000'000;

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
    const scan::SpanSourcePtr source = store.storage().Sources({}).at(0);
    return *source->PastDamage({.report = [](const Error&) {}})->Starts();
  };

  const scan::StartIntervalsPtr found = starts();

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
  for (const scan::SpanSourcePtr& source : store.storage().Sources({})) {
    EXPECT_TRUE(source->Starts().has_value());
    EXPECT_LE(bytes.Value(), 8u << 10);
  }
}

}  // namespace
}  // namespace clew::storage
