#include "pipeline/processors/memory_limiter/memory_limiter.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "pipeline/testing/fake_host.h"
#include "pipeline/testing/opaque_batch.h"
#include "pipeline/testing/problem_lines.h"
#include "pipeline/testing/recording_consumer.h"

namespace clew::pipeline::processors::memory_limiter {
namespace {

using pipeline::testing::ProblemLines;
using std::chrono::seconds;
using testing::FakeHost;
using testing::MakeOpaqueBatch;
using testing::RecordingConsumer;

Config Limit(std::uint64_t mib, std::uint64_t spike_mib) {
  Config config;
  config.check_interval = seconds(1);
  config.limit_mib = mib;
  config.spike_limit_mib = spike_mib;
  return config;
}

TEST(Config, SaysEveryProblemInTheCollectorsWords) {
  ProblemLines problems;
  Config config;
  config.min_gc_interval_when_soft_limited = Nanos(0);
  config.min_gc_interval_when_hard_limited = seconds(1);
  config.Validate(problems);
  EXPECT_EQ(problems.messages, (std::vector<std::string>{
                                   "'check_interval' must be greater than zero",
                                   "'min_gc_interval_when_soft_limited' should be larger than "
                                   "'min_gc_interval_when_hard_limited'",
                                   "'limit_mib' or 'limit_percentage' must be greater than zero"}));

  ProblemLines more;
  Limit(10, 10).Validate(more);
  EXPECT_EQ(more.messages,
            std::vector<std::string>{"'spike_limit_mib' must be smaller than 'limit_mib'"});
}

TEST(ThresholdsOf, SpikeIsAFifthUnlessGiven) {
  const Thresholds given = ThresholdsOf(Limit(100, 30), 0);
  EXPECT_EQ(given.hard, 100u << 20);
  EXPECT_EQ(given.soft, 70u << 20);
  EXPECT_EQ(ThresholdsOf(Limit(100, 0), 0).soft, (100u << 20) - (100u << 20) / 100 * 20);

  Config config;
  config.limit_percentage = 50;
  config.spike_limit_percentage = 10;
  const Thresholds share = ThresholdsOf(config, 1000);
  EXPECT_EQ(share.hard, 500u);
  EXPECT_EQ(share.soft, 400u);
}

class MemoryGateTest : public ::testing::Test {
 protected:
  MemoryGate Make(const Config& config) {
    return MemoryGate(
        config, {.soft = 80, .hard = 100}, [this]() -> Result<std::uint64_t> { return resident; },
        [this] {
          ++releases;
          resident -= freed_by_release;
        });
  }
  std::uint64_t resident = 0;
  std::uint64_t freed_by_release = 0;
  int releases = 0;
};

TEST_F(MemoryGateTest, RefusesFromTheSoftLimitOn) {
  MemoryGate gate = Make(Limit(1, 0));
  const auto refuses_at = [&](std::uint64_t bytes) {
    resident = bytes;
    EXPECT_TRUE(gate.Check(seconds(1)).has_value());
    return gate.is_refusing();
  };

  EXPECT_FALSE(refuses_at(79));
  EXPECT_TRUE(refuses_at(80));
  EXPECT_TRUE(refuses_at(200));
  EXPECT_FALSE(refuses_at(10));
}

TEST_F(MemoryGateTest, FreedMemoryIsGivenBackBeforeDataIsRefused) {
  MemoryGate gate = Make(Limit(1, 0));
  resident = 90;
  freed_by_release = 50;

  ASSERT_TRUE(gate.Check(seconds(1)).has_value());

  EXPECT_FALSE(gate.is_refusing());
  EXPECT_EQ(releases, 1);
}

TEST_F(MemoryGateTest, SoftReleasesKeepTheirIntervalAndBackOff) {
  MemoryGate gate = Make(Limit(1, 0));
  resident = 90;
  std::vector<int> at;
  for (int second = 0; second <= 100; ++second) {
    const int before = releases;
    ASSERT_TRUE(gate.Check(seconds(second)).has_value());
    if (releases > before) {
      at.push_back(second);
    }
  }

  EXPECT_EQ(at, (std::vector<int>{0, 20, 50, 80}));
}

class MemoryLimiterTest : public ::testing::Test {
 protected:
  MemoryLimiterTest() {
    const Config config = Limit(1, 0);
    auto gate = std::make_unique<MemoryGate>(
        config, Thresholds{.soft = 80, .hard = 100},
        [this]() -> Result<std::uint64_t> { return resident.load(); }, [] {});
    limiter = std::make_unique<MemoryLimiter>(CreateSettings{.id = "memory_limiter", .host = host},
                                              config, std::move(gate), next);
    EXPECT_TRUE(limiter->Start(host).has_value());
  }
  void MoveTo(std::uint64_t bytes) {
    resident = bytes;
    while (!host.manual_clock.NextWake().has_value()) {
      std::this_thread::yield();
    }
    host.manual_clock.Advance(seconds(1));
    // The next wait begins after the check.
    while (host.manual_clock.NextWake().value_or(Nanos(0)) <= host.manual_clock.Monotonic()) {
      std::this_thread::yield();
    }
  }

  std::atomic<std::uint64_t> resident = 0;
  FakeHost host;
  RecordingConsumer next;
  std::unique_ptr<MemoryLimiter> limiter;
};

TEST_F(MemoryLimiterTest, RefusesWithADelayAndTakesAgain) {
  EXPECT_TRUE(limiter->Consume(MakeOpaqueBatch(2), {}).Wait().has_value());

  MoveTo(90);
  const auto refused = limiter->Consume(MakeOpaqueBatch(3), {}).Wait();
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  EXPECT_EQ(refused.error().message, "data refused due to high memory usage");
  EXPECT_TRUE(refused.error().retry_after.has_value());

  MoveTo(10);
  EXPECT_TRUE(limiter->Consume(MakeOpaqueBatch(4), {}).Wait().has_value());
  EXPECT_EQ(next.span_count(), 6u);
  EXPECT_EQ(host.metrics().Sum("otelcol_processor_memory_limiter_accepted_spans"), 6);
  EXPECT_EQ(host.metrics().Sum("otelcol_processor_memory_limiter_refused_spans"), 3);
}

TEST_F(MemoryLimiterTest, ItsLimitIsThatOfTheWholeBudgetWhileItRuns) {
  EXPECT_EQ(host.memory().total(), 100u);
  limiter->Stop({});
  EXPECT_GT(host.memory().total(), 100u);
}

TEST_F(MemoryLimiterTest, StopsTwice) {
  limiter->Stop(std::chrono::steady_clock::now());
  limiter->Stop(std::chrono::steady_clock::now());
}

}  // namespace
}  // namespace clew::pipeline::processors::memory_limiter
