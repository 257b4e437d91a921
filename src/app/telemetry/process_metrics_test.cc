#include "app/telemetry/process_metrics.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace clew::app::telemetry {
namespace {

TEST(ProcessMetrics, OwnProcessUsesMemory) {
  const auto facts = ReadProcess(0);

  ASSERT_TRUE(facts.has_value());
  EXPECT_GT(facts->rss_bytes, 100'000);
  EXPECT_GE(facts->rss_bytes_max, facts->rss_bytes);
  EXPECT_GE(facts->cpu_seconds, 0);
}

TEST(ProcessMetrics, AProcessIsFoundById) {
  EXPECT_TRUE(ReadProcess(getpid()).has_value());
  EXPECT_EQ(ReadProcess(999'999'999).error().code, Code::kNotFound);
}

TEST(ProcessMetrics, UptimeFollowsTheClock) {
  base::Metrics metrics;
  base::ManualClock clock(1'000'000'000'000);
  const auto handle = RegisterProcessMetrics(metrics, clock);

  clock.Advance(std::chrono::seconds(42));

  metrics.Expose();
  EXPECT_EQ(metrics.Sum("otelcol_process_uptime"), 42);
  EXPECT_GT(metrics.Sum("otelcol_process_memory_rss"), 100'000);
}

}  // namespace
}  // namespace clew::app::telemetry
