#include "base/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <latch>
#include <thread>

#include "base/testing/no_threads.h"
#include "base/thread_failure.h"

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

TEST(WorkerPool, TasksThatWaitHoldUpNobody) {
  constexpr int kWaitingCount = 100;
  WorkerPool pool("test", 2, 1000);
  std::latch all_wait(kWaitingCount);
  std::atomic<int> done = 0;
  for (int i = 0; i < kWaitingCount; ++i) {
    ASSERT_TRUE(pool.TryPost([&] {
      {
        const WorkerPool::BlockingScope scope;
        const WorkerPool::BlockingScope within_another;
        all_wait.arrive_and_wait();
      }
      ++done;
    }));
  }
  while (done < kWaitingCount) std::this_thread::yield();
  EXPECT_EQ(pool.counts().waiting, 0U);
}

TEST(WorkerPool, OnlySoManyTasksRunWhileOthersWait) {
  constexpr std::size_t kThreadCount = 3;
  std::atomic<std::size_t> beginning = 0;
  std::atomic<bool> is_over = false;
  {
    WorkerPool pool("test", kThreadCount, 10'000);
    for (int i = 0; i < 500; ++i) {
      ASSERT_TRUE(pool.TryPost([&] {
        if (++beginning > kThreadCount) is_over = true;
        std::this_thread::yield();
        --beginning;
        const WorkerPool::BlockingScope scope;
        std::this_thread::yield();
      }));
    }
  }
  EXPECT_FALSE(is_over);
}

TEST(WorkerPool, ThreadsThatAreNotNeededAnyMoreEnd) {
  WorkerPool pool("test", 2, 1000, std::chrono::milliseconds(1));
  std::latch all_wait(20);
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(pool.TryPost([&] {
      const WorkerPool::BlockingScope scope;
      all_wait.arrive_and_wait();
    }));
  }
  all_wait.wait();
  EXPECT_GE(pool.counts().threads, 2U);

  while (pool.counts().threads > 2) std::this_thread::yield();

  std::latch done(1);
  ASSERT_TRUE(pool.TryPost([&] { done.count_down(); }));
  done.wait();
}

TEST(WorkerPool, PastTheLimitTasksStayQueued) {
  WorkerPool pool("test", 1, 10'000);
  constexpr std::size_t kPosted = WorkerPool::kWaitingMax + 100;
  std::latch may_end(1);
  std::atomic<std::size_t> done = 0;
  for (std::size_t i = 0; i < kPosted; ++i) {
    ASSERT_TRUE(pool.TryPost([&] {
      const WorkerPool::BlockingScope scope;
      may_end.wait();
      ++done;
    }));
  }
  while (pool.counts().waiting < WorkerPool::kWaitingMax + 1) std::this_thread::yield();

  EXPECT_EQ(pool.counts().threads, WorkerPool::kWaitingMax + 1);
  EXPECT_EQ(pool.queue_count(), 99U);
  may_end.count_down();
  while (done < kPosted) std::this_thread::yield();
}

TEST(WorkerPool, WithoutThreadsThereIsAnErrorThatSaysWhatToDo) {
  const testing::NoThreads no_threads;
  const Status status = RefuseWithoutThreads([]() -> Status {
    const WorkerPool pool("test", 2, 1);
    return {};
  });
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, Code::kResourceExhausted);
  EXPECT_TRUE(status.error().message.contains("ulimit -u")) << status.error().message;
}

TEST(CheckThreads, SaysWhetherThereWillBeSoMany) {
  EXPECT_TRUE(CheckThreads(0).has_value());
  EXPECT_TRUE(CheckThreads(20).has_value());
  const testing::NoThreads no_threads;
  EXPECT_EQ(CheckThreads(1).error().code, Code::kResourceExhausted);
}

TEST(WorkerPool, ThreadsKnowWhetherTheyAreWorkers) {
  EXPECT_FALSE(WorkerPool::IsWorker());
  WorkerPool pool("test", 1, 1);
  std::promise<bool> found;
  ASSERT_TRUE(pool.TryPost([&] {
    const WorkerPool::BlockingScope waiting;
    found.set_value(WorkerPool::IsWorker());
  }));
  EXPECT_TRUE(found.get_future().get());
}

TEST(WorkerPool, AScopeOnAnotherThreadDoesNothing) {
  const WorkerPool::BlockingScope scope;
  WorkerPool pool("test", 1, 1);
  EXPECT_EQ(pool.counts().waiting, 0U);
}

}  // namespace
}  // namespace clew::base
