#include "base/for_each.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace clew::base {
namespace {

TEST(ForEach, CallsEachOnceAndWaitsForAll) {
  WorkerPool pool("test", 4, 100);
  for (WorkerPool* workers : {static_cast<WorkerPool*>(nullptr), &pool}) {
    for (const std::size_t count : {0u, 1u, 1000u}) {
      std::vector<std::atomic<int>> calls(count);
      ForEach(workers, count, [&](std::size_t i) { ++calls[i]; });
      for (const std::atomic<int>& times : calls) EXPECT_EQ(times, 1);
    }
  }
}

TEST(ForEach, RunsSeveralAtOnce) {
  WorkerPool pool("test", 4, 100);
  if (CountAtOnce(&pool) < 2) GTEST_SKIP() << "one core";
  std::mutex mutex;
  std::condition_variable changed;
  int running = 0;

  // Each waits for the other: one thread alone would never end.
  ForEach(&pool, 2, [&](std::size_t) {
    std::unique_lock lock(mutex);
    ++running;
    changed.notify_all();
    changed.wait(lock, [&] { return running == 2; });
  });
}

TEST(ForEach, EndsAlsoWhenThePoolIsBusyOrFull) {
  std::mutex mutex;
  std::condition_variable changed;
  bool is_let_go = false;
  WorkerPool pool("test", 1, 1);
  const auto hold = [&] {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return is_let_go; });
  };
  ASSERT_TRUE(pool.TryPost(hold));
  while (pool.counts().running < 1) std::this_thread::yield();
  ASSERT_TRUE(pool.TryPost(hold));
  ASSERT_FALSE(pool.TryPost(hold));
  std::set<std::size_t> seen;

  ForEach(&pool, 3, [&](std::size_t i) { seen.insert(i); });

  EXPECT_EQ(seen.size(), 3u);
  const std::scoped_lock lock(mutex);
  is_let_go = true;
  changed.notify_all();
}

TEST(ForEach, ThrowsWhatACallThrewWhenNoneIsUnderWay) {
  WorkerPool pool("test", 4, 100);
  std::atomic<int> under_way = 0;
  const auto fail = [&](std::size_t i) {
    ++under_way;
    std::this_thread::yield();
    --under_way;
    if (i == 3) throw std::runtime_error("3");
  };

  for (WorkerPool* workers : {static_cast<WorkerPool*>(nullptr), &pool}) {
    EXPECT_THROW(ForEach(workers, 1000, fail), std::runtime_error);
    EXPECT_EQ(under_way, 0);
  }
}

TEST(ForEach, MayBeNestedInTasksOfThePool) {
  WorkerPool pool("test", 2, 100);
  std::atomic<int> calls = 0;

  ForEach(&pool, 20, [&](std::size_t) { ForEach(&pool, 20, [&](std::size_t) { ++calls; }); });

  EXPECT_EQ(calls, 400);
}

}  // namespace
}  // namespace clew::base
