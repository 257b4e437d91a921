#include "query/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <stdexcept>
#include <thread>
#include <vector>

namespace clew::query {
namespace {

TEST(ForEachInParallel, MakesEachCallOnce) {
  base::WorkerPool helpers("test", 3, 16);
  for (base::WorkerPool* pool : {&helpers, static_cast<base::WorkerPool*>(nullptr)}) {
    for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{1000}}) {
      std::vector<std::atomic<int>> calls(count);
      ForEachInParallel(pool, count, [&](std::size_t i) { ++calls[i]; });
      for (const auto& call : calls) EXPECT_EQ(call, 1);
    }
  }
}

TEST(ForEachInParallel, HelpersWorkAtTheSameTime) {
  base::WorkerPool helpers("test", 1, 16);
  // Neither goes on without the other.
  std::latch both(2);
  ForEachInParallel(&helpers, 2, [&](std::size_t) { both.arrive_and_wait(); });
}

TEST(ForEachInParallel, DoesNotWaitForHelpersThatAreBusyOrHaveAFullQueue) {
  base::WorkerPool helpers("test", 1, 1);
  std::latch is_running(1);
  std::latch may_end(1);
  ASSERT_TRUE(helpers.TryPost([&] {
    is_running.count_down();
    may_end.wait();
  }));
  is_running.wait();
  const std::thread::id self = std::this_thread::get_id();
  for (int round = 0; round < 3; ++round) {
    ForEachInParallel(&helpers, 10,
                      [&](std::size_t) { EXPECT_EQ(std::this_thread::get_id(), self); });
  }
  may_end.count_down();
}

TEST(ForEachInParallel, ThrowsWhatACallThrowsWhenNoneIsUnderWay) {
  base::WorkerPool helpers("test", 3, 16);
  std::atomic<int> under_way{0};
  const auto work = [&](std::size_t i) {
    ++under_way;
    if (i % 10 == 3) {
      --under_way;
      throw std::bad_alloc();
    }
    std::this_thread::yield();
    --under_way;
  };
  EXPECT_THROW(ForEachInParallel(&helpers, 100, work), std::bad_alloc);
  EXPECT_EQ(under_way, 0);
}

}  // namespace
}  // namespace clew::query
