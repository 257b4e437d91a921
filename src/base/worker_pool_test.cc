#include "base/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

namespace clew::base {
namespace {

TEST(WorkerPool, FinishesWhatIsQueuedBeforeItEnds) {
  std::atomic<int> done = 0;
  {
    WorkerPool pool("test", 2, 1000);
    for (int i = 0; i < 500; ++i) ASSERT_TRUE(pool.TryPost([&] { ++done; }));
  }
  EXPECT_EQ(done, 500);
}

TEST(WorkerPool, RefusesWhenTheQueueIsFull) {
  std::latch is_running(1);
  std::latch may_end(1);
  WorkerPool pool("a name longer than fifteen bytes", 1, 1);
  ASSERT_TRUE(pool.TryPost([&] {
    is_running.count_down();
    may_end.wait();
  }));
  is_running.wait();

  EXPECT_TRUE(pool.TryPost([] {}));
  EXPECT_EQ(pool.queue_count(), 1U);
  EXPECT_FALSE(pool.TryPost([] {}));
  may_end.count_down();
}

TEST(WorkerPool, TasksRunAtTheSameTime) {
  WorkerPool pool("test", 2, 10);
  std::latch both(2);
  std::latch done(2);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(pool.TryPost([&] {
      both.arrive_and_wait();
      done.count_down();
    }));
  }
  done.wait();
}

}  // namespace
}  // namespace clew::base
