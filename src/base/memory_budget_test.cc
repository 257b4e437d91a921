#include "base/memory_budget.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace clew::base {
namespace {

/// Waits as long as it takes; false when `stop` comes first.
bool AwaitRoom(MemoryAccount& account, std::uint64_t bytes, const std::stop_token& stop = {}) {
  const Deadline deadline = SystemTime().In(std::chrono::hours(1));
  while (!account.WaitForRoom(bytes, deadline, SystemTime(), stop)) {
    if (stop.stop_requested()) return false;
  }
  return true;
}

TEST(MemoryBudgetTest, DividesTheTotalAmongItsUses) {
  Metrics metrics;
  MemoryBudget budget(800, metrics);
  EXPECT_EQ(budget.account(MemoryUse::kRequests).limit(), 200);
  EXPECT_EQ(budget.account(MemoryUse::kAnswers).limit(), 200);
  EXPECT_EQ(budget.account(MemoryUse::kQueues).limit(), 100);
  EXPECT_EQ(budget.account(MemoryUse::kDirectories).limit(), 100);
}

TEST(MemoryBudgetTest, TheLowestLimitCountsWhileItsHandleLives) {
  Metrics metrics;
  MemoryBudget budget(800, metrics);
  auto high = budget.Limit(4000);
  auto low = budget.Limit(400);
  EXPECT_EQ(budget.total(), 400);
  low.reset();
  EXPECT_EQ(budget.total(), 800) << "a limit above the machine's memory does not raise it";
  EXPECT_EQ(budget.account(MemoryUse::kAnswers).limit(), 200);
}

TEST(MemoryBudgetTest, RefusesPastTheLimitAndTakesNothing) {
  Metrics metrics;
  MemoryBudget budget(800, metrics);
  MemoryAccount& account = budget.account(MemoryUse::kRequests);
  MemoryHold first(account);
  EXPECT_TRUE(first.TryGrow(150));
  MemoryHold second(account);
  EXPECT_FALSE(second.TryGrow(51));
  EXPECT_FALSE(second.TryGrow(~std::uint64_t{0})) << "no overflow";
  EXPECT_TRUE(second.TryGrow(50));
  EXPECT_EQ(account.used(), 200);
  first.ShrinkTo(20);
  EXPECT_EQ(account.used(), 70);
  second = std::move(first);
  EXPECT_EQ(account.used(), 20) << "what the target held is given back";
  second.Release();
  EXPECT_EQ(account.used(), 0);
}

TEST(MemoryBudgetTest, FollowersHaveAtMostHalfOfTheQueuesMemory) {
  Metrics metrics;
  MemoryBudget budget(1600, metrics);
  MemoryAccount& queues = budget.account(MemoryUse::kQueues);
  MemoryAccount& followers = budget.account(MemoryUse::kFollowers);
  EXPECT_TRUE(followers.TryTake(100));
  EXPECT_FALSE(followers.TryTake(1));
  EXPECT_EQ(queues.used(), 100) << "it is taken from that of queues";
  EXPECT_TRUE(queues.TryTake(100));
  EXPECT_FALSE(queues.TryTake(1));
  followers.GiveBack(60);
  EXPECT_TRUE(queues.TryTake(50));
  EXPECT_FALSE(followers.TryTake(20)) << "the whole has 10";
  EXPECT_EQ(followers.used(), 40) << "nothing is taken";
  EXPECT_TRUE(followers.TryTake(10));
  EXPECT_EQ(queues.used(), 200);
}

TEST(MemoryBudgetTest, WhoWaitsForRoomIsWokenByWhatIsGivenBackInTheWholeOrAPart) {
  Metrics metrics;
  MemoryBudget budget(1600, metrics);
  MemoryAccount& queues = budget.account(MemoryUse::kQueues);
  MemoryAccount& followers = budget.account(MemoryUse::kFollowers);
  for (MemoryAccount* const holder : {&queues, &followers}) {
    ASSERT_TRUE(holder->TryTake(100));
    ASSERT_TRUE(queues.TryTake(100));
    EXPECT_FALSE(followers.WaitForRoom(50, kAtOnce, SystemTime()));
    std::thread giver([&] { holder->GiveBack(100); });
    EXPECT_TRUE(AwaitRoom(followers, 50));
    giver.join();
    queues.GiveBack(100);
  }
  EXPECT_TRUE(followers.WaitForRoom(100, kAtOnce, SystemTime()));
  EXPECT_FALSE(followers.WaitForRoom(101, kAtOnce, SystemTime()));
}

TEST(MemoryBudgetTest, WhoWaitsForRoomIsWokenByAStop) {
  Metrics metrics;
  MemoryBudget budget(1600, metrics);
  MemoryAccount& account = budget.account(MemoryUse::kAnswers);
  ASSERT_TRUE(account.TryTake(400));
  std::stop_source stop;
  std::thread stopper([&] { stop.request_stop(); });
  EXPECT_FALSE(AwaitRoom(account, 1, stop.get_token()));
  stopper.join();
  EXPECT_FALSE(AwaitRoom(account, 1, stop.get_token()));
  account.GiveBack(1);
  EXPECT_TRUE(account.WaitForRoom(1, kAtOnce, SystemTime(), stop.get_token()));
}

TEST(MemoryBudgetTest, ManyThreadsNeverPassTheLimit) {
  Metrics metrics;
  MemoryBudget budget(400, metrics);
  MemoryAccount& account = budget.account(MemoryUse::kRequests);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&account] {
      for (int round = 0; round < 1000; ++round) {
        MemoryHold hold(account);
        if (hold.TryGrow(60)) {
          EXPECT_LE(account.used(), 100);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(account.used(), 0);
}

TEST(MemoryBudgetTest, TellsThoseWhoWatchALimit) {
  Metrics metrics;
  MemoryBudget budget(400, metrics);
  std::vector<std::uint64_t> heard;
  auto watch = budget.account(MemoryUse::kRequests).WatchLimit([&](std::uint64_t bytes) {
    heard.push_back(bytes);
  });
  auto lower = budget.Limit(200);
  const auto higher = budget.Limit(300);
  lower.reset();
  watch.reset();
  budget.Limit(100).reset();
  EXPECT_EQ(heard, (std::vector<std::uint64_t>{100, 50, 75}));
}

TEST(MemoryBudgetTest, SharesFollowWhoeverCameLast) {
  Metrics metrics;
  MemoryBudget budget(1000, metrics);
  const MemoryAccount& account = budget.account(MemoryUse::kRequests);
  std::vector<std::thread> threads;
  for (std::uint64_t bytes : {100u, 200u, 300u, 400u}) {
    threads.emplace_back([&budget, bytes] {
      for (int round = 0; round < 2000; ++round) budget.Limit(bytes).reset();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(account.limit(), 250u);
}

TEST(MemoryBudgetTest, ShowsWhatEachUseHolds) {
  Metrics metrics;
  MemoryBudget budget(800, metrics);
  MemoryHold hold(budget.account(MemoryUse::kQueues));
  ASSERT_TRUE(hold.TryGrow(7));
  const std::string text = metrics.Expose();
  EXPECT_NE(text.find("clew_memory_used_bytes{use=\"queues\"} 7"), std::string::npos) << text;
  EXPECT_NE(text.find("clew_memory_limit_bytes{use=\"queues\"} 100"), std::string::npos);
}

}  // namespace
}  // namespace clew::base
