#include "base/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clew::base {
namespace {

using ::testing::HasSubstr;

TEST(Metrics, TheSameNameAndLabelsGiveTheSameCounter) {
  Metrics metrics;

  metrics.Counter("clew_things_total", "Things.", {{"kind", "a"}}).Increment(2);
  metrics.Counter("clew_things_total", "Things.", {{"kind", "a"}}).Increment();
  metrics.Counter("clew_things_total", "Things.", {{"kind", "b"}}).Increment(4);

  EXPECT_EQ(metrics.Sum("clew_things_total"), 7);
  const std::string text = metrics.Expose();
  EXPECT_THAT(text, HasSubstr("# HELP clew_things_total Things."));
  EXPECT_THAT(text, HasSubstr("# TYPE clew_things_total counter"));
  EXPECT_THAT(text, HasSubstr("clew_things_total{kind=\"a\"} 3"));
  EXPECT_THAT(text, HasSubstr("clew_things_total{kind=\"b\"} 4"));
}

TEST(Metrics, OneOfSeveralHasItsOwnSeries) {
  Metrics metrics;
  Metrics one = metrics.With({{"storage", "one"}});
  Metrics two = metrics.With({{"storage", "two"}});
  one.Gauge("held", "Held.").Set(1);
  two.Gauge("held", "Held.").Set(2);
  two.Counter("done", "Done.", {{"how", "well"}}).Increment();

  EXPECT_EQ(metrics.Sum("held"), 3);
  const std::string text = metrics.Expose();
  EXPECT_NE(text.find("held{storage=\"one\"} 1"), std::string::npos) << text;
  EXPECT_NE(text.find("held{storage=\"two\"} 2"), std::string::npos) << text;
  EXPECT_NE(text.find("done{how=\"well\",storage=\"two\"} 1"), std::string::npos) << text;

  two.ZeroGauges();
  EXPECT_EQ(metrics.Sum("held"), 1);
  EXPECT_EQ(metrics.Sum("done"), 1);
}

TEST(Metrics, SumOfAnUnknownNameIsZero) {
  Metrics metrics;

  EXPECT_EQ(metrics.Sum("clew_nothing_total"), 0);
}

TEST(Metrics, AHistogramIsSummedByItsObservations) {
  Metrics metrics;
  metrics.Histogram("clew_wait_seconds", "Waits.", {}, {0.1, 1}).Observe(0.5);
  metrics.Histogram("clew_wait_seconds", "Waits.", {}, {0.1, 1}).Observe(5);

  EXPECT_EQ(metrics.Sum("clew_wait_seconds"), 2);
  EXPECT_THAT(metrics.Expose(), HasSubstr("clew_wait_seconds_bucket{le=\"1\"} 1"));
}

TEST(Metrics, GaugesAreUpdatedWhenCollected) {
  Metrics metrics;
  double bytes = 10;
  auto handle =
      metrics.OnCollect([&] { metrics.Gauge("clew_held_bytes", "Bytes held.").Set(bytes); });

  EXPECT_NE(handle, nullptr);  // owners look at it
  EXPECT_EQ(metrics.Sum("clew_held_bytes"), 10);
  bytes = 20;
  EXPECT_THAT(metrics.Expose(), HasSubstr("clew_held_bytes 20"));
  handle.reset();
  bytes = 30;
  EXPECT_THAT(metrics.Expose(), HasSubstr("clew_held_bytes 20"));
}

TEST(Metrics, AHandleMayOutliveTheMetrics) {
  std::shared_ptr<void> handle;
  {
    Metrics metrics;
    handle = metrics.OnCollect([] {});
  }
  handle.reset();
}

TEST(Metrics, ListNamesEachMetricOnce) {
  Metrics metrics;
  metrics.Gauge("clew_b_bytes", "B.", {{"kind", "a"}});
  metrics.Gauge("clew_b_bytes", "B.", {{"kind", "b"}});
  metrics.Counter("clew_a_total", "A.");

  const std::vector<MetricInfo> infos = metrics.List();

  ASSERT_EQ(infos.size(), 2U);
  EXPECT_EQ(infos[0].name, "clew_a_total");
  EXPECT_EQ(infos[0].type, "counter");
  EXPECT_EQ(infos[1].name, "clew_b_bytes");
  EXPECT_EQ(infos[1].help, "B.");
}

TEST(MetricsDeathTest, ANameWithTwoTypesIsABug) {
  Metrics metrics;
  metrics.Counter("clew_a_total", "A.");

  EXPECT_DEATH(metrics.Gauge("clew_a_total", "A."), "two types");
}

}  // namespace
}  // namespace clew::base
