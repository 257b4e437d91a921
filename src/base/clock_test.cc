#include "base/clock.h"

#include <gtest/gtest.h>

#include <thread>

namespace clew::base {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

TEST(ClockTest, DeadlinesAreTimesOfTheClockThatMadeThem) {
  ManualClock clock(1'000'000'000);
  const Deadline deadline = clock.In(seconds(3));
  EXPECT_EQ(clock.Until(deadline), seconds(3));
  EXPECT_FALSE(clock.HasPassed(deadline));
  clock.Advance(seconds(3));
  EXPECT_TRUE(clock.HasPassed(deadline));
  clock.Advance(seconds(1));
  EXPECT_EQ(clock.Until(deadline), Nanos(0));
  EXPECT_TRUE(clock.HasPassed(kAtOnce));
  EXPECT_FALSE(clock.HasPassed(Deadline::max()));
}

TEST(ClockTest, SpansThatAreTooLongNeverEnd) {
  const ManualClock clock(1);
  EXPECT_EQ(clock.In(Nanos::max()), Deadline::max());
  EXPECT_EQ(SystemTime().In(Nanos::max()), Deadline::max());
  EXPECT_EQ(clock.In(Nanos(-1)), kAtOnce);
}

TEST(ClockTest, AWaitEndsWhenItIsSoOrAtTheDeadline) {
  ManualClock clock(1);
  std::mutex mutex;
  std::condition_variable wake;
  bool is_so = false;
  std::thread other([&] {
    const std::scoped_lock lock(mutex);
    is_so = true;
    wake.notify_all();
  });
  {
    std::unique_lock lock(mutex);
    EXPECT_TRUE(clock.WaitUntil(lock, wake, Deadline::max(), [&] { return is_so; }));
    EXPECT_TRUE(clock.WaitUntil(lock, wake, kAtOnce, [&] { return is_so; }));
    EXPECT_FALSE(clock.WaitUntil(lock, wake, clock.Time(), [] { return false; }));
  }
  other.join();

  std::thread mover([&] {
    while (!clock.NextWake().has_value()) std::this_thread::yield();
    clock.Advance(hours(1));
  });
  std::unique_lock lock(mutex);
  EXPECT_FALSE(clock.WaitUntil(lock, wake, clock.In(hours(1)), [] { return false; }));
  mover.join();
}

// A wait may end early now and then; one that cannot wait ends at once, each time.
TEST(ClockTest, AWaitForAMomentThatNeverComesRests) {
  constexpr int kEarlyMax = 10;
  std::mutex mutex;
  std::condition_variable wake;
  bool is_so = false;
  int ended_early = 0;
  std::unique_lock lock(mutex);
  std::thread other([&] {
    for (int round = 0; round < 100'000; ++round) {
      const std::scoped_lock guard(mutex);
      if (ended_early > kEarlyMax) break;
    }
    const std::scoped_lock guard(mutex);
    is_so = true;
    wake.notify_all();
  });

  while (!is_so && ended_early <= kEarlyMax) {
    SystemTime().Wait(lock, wake, Deadline::max().time_since_epoch());
    if (!is_so) ++ended_early;
  }

  EXPECT_LE(ended_early, kEarlyMax);
  lock.unlock();
  other.join();
}

}  // namespace
}  // namespace clew::base
