#include "pipeline/sending/retrier.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "base/clock.h"

namespace clew::pipeline::sending {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Gives the middle of every range.
class MiddleRandom final : public base::Random {
 public:
  std::uint64_t Next() override { return 1ULL << 63; }
};

Error Busy(std::optional<Nanos> retry_after = std::nullopt) {
  return Error{Code::kUnavailable, "busy", retry_after};
}

class RetrierTest : public ::testing::Test {
 protected:
  /// Runs `attempt` on another thread, moves the clock to each time it waits for and gives the
  /// waits; `result` is the outcome.
  std::vector<Nanos> RunToTheEnd(Retrier& retrier,
                                 const std::function<Result<Receipt>()>& attempt) {
    std::vector<Nanos> waits;
    std::atomic<bool> is_done = false;
    std::thread thread([&] {
      result = retrier.Run(attempt);
      is_done = true;
    });
    while (!is_done) {
      if (const auto wake = clock.NextWake(); wake.has_value() && *wake > clock.Monotonic()) {
        waits.push_back(*wake - clock.Monotonic());
        clock.Advance(waits.back());
      }
      std::this_thread::yield();
    }
    thread.join();
    return waits;
  }

  base::ManualClock clock{1'000'000'000};
  MiddleRandom random;
  Retrier::Options options;
  Result<Receipt> result = Receipt{};
};

TEST_F(RetrierTest, WaitsGrowByTheMultiplierUpToTheLongest) {
  options.section.max_elapsed_time = Nanos(0);
  Retrier retrier([](const Error&, Nanos) {}, options, clock, random);
  int attempts = 0;

  const auto waits = RunToTheEnd(retrier, [&]() -> Result<Receipt> {
    return ++attempts < 8 ? Result<Receipt>(std::unexpected(Busy())) : Receipt{};
  });

  EXPECT_TRUE(result.has_value());
  EXPECT_EQ(waits, (std::vector<Nanos>{seconds(5), milliseconds(7500), milliseconds(11250),
                                       milliseconds(16875), Nanos(25'312'500'000), seconds(30),
                                       seconds(30)}));
}

TEST_F(RetrierTest, RandomPartStaysWithinTheFactor) {
  base::SeededRandom seeded(7);
  options.section.max_elapsed_time = Nanos(0);
  options.section.multiplier = 1;
  Retrier retrier([](const Error&, Nanos) {}, options, clock, seeded);
  int attempts = 0;

  const auto waits = RunToTheEnd(retrier, [&]() -> Result<Receipt> {
    return ++attempts < 50 ? Result<Receipt>(std::unexpected(Busy())) : Receipt{};
  });

  ASSERT_EQ(waits.size(), 49u);
  for (const Nanos wait : waits) {
    EXPECT_GE(wait, milliseconds(2500));
    EXPECT_LE(wait, milliseconds(7500));
  }
  EXPECT_NE(waits[0], waits[1]);
}

TEST_F(RetrierTest, LongerDelayOfTheServerIsHonoured) {
  std::vector<Nanos> told;
  Retrier retrier([&](const Error&, Nanos delay) { told.push_back(delay); }, options, clock,
                  random);
  int attempts = 0;

  const auto waits = RunToTheEnd(retrier, [&]() -> Result<Receipt> {
    return ++attempts < 2 ? Result<Receipt>(std::unexpected(Busy(seconds(42)))) : Receipt{};
  });

  EXPECT_EQ(waits, std::vector<Nanos>{seconds(42)});
  EXPECT_EQ(told, waits);
}

TEST_F(RetrierTest, GivesUpWhenTheNextWaitWouldPassTheLongestTime) {
  options.section.max_elapsed_time = seconds(30);
  Retrier retrier([](const Error&, Nanos) {}, options, clock, random);

  const auto waits =
      RunToTheEnd(retrier, []() -> Result<Receipt> { return std::unexpected(Busy()); });

  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().message, "no more retries left: busy");
  EXPECT_EQ(waits.size(), 3u);  // 5 + 7.5 + 11.25, then 16.875 would pass 30
}

TEST_F(RetrierTest, PermanentErrorIsNotRetried) {
  Retrier retrier([](const Error&, Nanos) {}, options, clock, random);
  int attempts = 0;

  result = retrier.Run([&]() -> Result<Receipt> {
    ++attempts;
    return base::InvalidArgument("bad data");
  });

  EXPECT_EQ(attempts, 1);
  EXPECT_EQ(result.error().message, "bad data");
}

TEST_F(RetrierTest, ExhaustionWithoutADelayIsPermanent) {
  Retrier retrier([](const Error&, Nanos) {}, options, clock, random);
  int attempts = 0;

  result = retrier.Run([&]() -> Result<Receipt> {
    ++attempts;
    return MakeError(Code::kResourceExhausted, "too large");
  });

  EXPECT_EQ(attempts, 1);
}

TEST_F(RetrierTest, DisabledMeansOneAttempt) {
  options.is_enabled = false;
  Retrier retrier([](const Error&, Nanos) {}, options, clock, random);
  int attempts = 0;

  result = retrier.Run([&]() -> Result<Receipt> {
    ++attempts;
    return std::unexpected(Busy());
  });

  EXPECT_EQ(attempts, 1);
  EXPECT_EQ(result.error().message, "busy");
}

TEST_F(RetrierTest, ReleaseEndsTheWaitsThatMayBe) {
  Retrier retrier([](const Error&, Nanos) {}, options, clock, random);
  int released_attempts = 0;
  int other_attempts = 0;
  Result<Receipt> released = Receipt{};
  std::thread thread([&] {
    released = retrier.Run(
        [&]() -> Result<Receipt> {
          ++released_attempts;
          return std::unexpected(Busy());
        },
        Patience::kUntilReleased);
  });
  while (!clock.NextWake().has_value()) std::this_thread::yield();
  retrier.Release();
  thread.join();
  std::thread other([&] {
    result = retrier.Run([&]() -> Result<Receipt> {
      return ++other_attempts < 2 ? Result<Receipt>(std::unexpected(Busy())) : Receipt{};
    });
  });
  while (!clock.NextWake().has_value()) std::this_thread::yield();
  retrier.Release();
  clock.Advance(seconds(10));
  other.join();

  ASSERT_FALSE(released.has_value());
  EXPECT_EQ(released.error().message, "reloading, no more retries: busy");
  EXPECT_TRUE(released.error().is_retryable());
  EXPECT_EQ(released_attempts, 1);
  EXPECT_TRUE(result.has_value());
  EXPECT_EQ(other_attempts, 2);
}

TEST_F(RetrierTest, EndlessPatienceOutlivesTheLongestTimeAndNeedsNoPermission) {
  options.is_enabled = false;
  options.section.max_elapsed_time = seconds(30);
  Retrier retrier([](const Error&, Nanos) {}, options, clock, random);
  int attempts = 0;
  std::atomic<bool> is_done = false;
  std::thread thread([&] {
    result = retrier.Run(
        [&]() -> Result<Receipt> {
          return ++attempts < 8 ? Result<Receipt>(std::unexpected(Busy())) : Receipt{};
        },
        Patience::kEndless);
    is_done = true;
  });

  const Nanos start = clock.Monotonic();
  while (!is_done) {
    clock.Advance(seconds(1));
    std::this_thread::yield();
  }
  thread.join();

  EXPECT_TRUE(result.has_value());
  EXPECT_GT(clock.Monotonic() - start, seconds(100));
}

TEST_F(RetrierTest, StopEndsAWaitWithALastAttempt) {
  Retrier retrier([](const Error&, Nanos) {}, options, clock, random);
  int attempts = 0;
  const auto attempt = [&]() -> Result<Receipt> {
    ++attempts;
    return std::unexpected(Busy());
  };
  std::thread thread([&] { result = retrier.Run(attempt); });
  while (!clock.NextWake().has_value()) {
    std::this_thread::yield();
  }

  retrier.Stop();
  thread.join();

  EXPECT_EQ(attempts, 2);
  EXPECT_TRUE(result.error().is_retryable());
  EXPECT_EQ(result.error().message, "stopping, no more retries: busy");
  result = retrier.Run(attempt);
  EXPECT_EQ(attempts, 3);
}

}  // namespace
}  // namespace clew::pipeline::sending
