#include "base/event.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace clew::base {
namespace {

using std::chrono::seconds;

TEST(EventTest, WaitsUntilItIsSet) {
  Event event;
  std::thread setter([&] { event.Set(); });
  EXPECT_TRUE(event.WaitUntil(Deadline::max(), SystemTime()));
  setter.join();
  EXPECT_TRUE(event.WaitUntil(kAtOnce, SystemTime())) << "once and for all";
}

TEST(EventTest, WaitsByTheClockThatIsHandedIn) {
  Event event;
  ManualClock clock(0);
  const Deadline deadline = clock.In(seconds(10));
  std::thread mover([&] {
    while (!clock.NextWake()) std::this_thread::yield();
    clock.Advance(seconds(10));
  });
  EXPECT_FALSE(event.WaitUntil(deadline, clock));
  mover.join();
}

}  // namespace
}  // namespace clew::base
