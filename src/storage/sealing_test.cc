#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/for_each.h"
#include "base/random.h"
#include "base/worker_pool.h"
#include "storage/testing/test_store.h"

/// When row groups and blocks are made of what has come, and what they hold then.
namespace clew::storage {
namespace {

using testing::FaultyObjectStore;
using testing::OneSpan;
using testing::TestStore;

/// Numbers that whoever asks first waits for, once that is begun, until somebody else asks as well.
class MeetingRandom final : public base::Random {
 public:
  std::uint64_t Next() override {
    std::unique_lock lock(mutex_);
    most_at_once_ = std::max(most_at_once_, ++asking_);
    changed_.notify_all();
    if (std::exchange(is_waited_for_, false)) {
      changed_.wait_for(lock, std::chrono::seconds(20), [&] { return most_at_once_ > 1; });
    }
    --asking_;
    return numbers_.Next();
  }
  void BeginWaiting() {
    const std::scoped_lock lock(mutex_);
    is_waited_for_ = true;
    most_at_once_ = 0;
  }
  int most_at_once() {
    const std::scoped_lock lock(mutex_);
    return most_at_once_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_waited_for_ = false;
  int asking_ = 0;
  int most_at_once_ = 0;
  base::SeededRandom numbers_{1};
};

TEST(StorageSealing, ManyTenantsAreSealedAtOnce) {
  base::WorkerPool workers("test", 4, 100);
  // Who seals a tenant names its block.
  MeetingRandom random;
  StorageOptions options;
  options.workers = &workers;
  options.seal.row_group_span_count = 2;
  options.seal.block_span_count = 4;
  TestStore store(options);
  store.other_random = &random;
  store.Restart();
  constexpr int kTenants = 12;
  constexpr int kSpans = 9;
  const auto tenant = [](int i) { return *TenantId::Parse("t" + std::to_string(i)); };
  for (int i = 0; i < kTenants; ++i) {
    for (int span = 0; span < kSpans; ++span) {
      ASSERT_TRUE(store.Append(OneSpan(span), tenant(i)).has_value());
    }
  }

  ASSERT_TRUE(store.storage().Maintain().has_value());
  EXPECT_EQ(store.storage().facts().block_count, 2u * kTenants) << "what is full";
  // No tenant is full any more, so nothing seals one of them unasked.
  if (base::CountAtOnce(&workers) > 1) random.BeginWaiting();
  ASSERT_TRUE(store.storage().Flush().has_value());

  if (base::CountAtOnce(&workers) > 1) {
    EXPECT_GT(random.most_at_once(), 1) << "one after another";
  }
  EXPECT_EQ(store.storage().facts().block_count, 3u * kTenants);
  EXPECT_EQ(store.log.Committed(kStorageConsumer), store.log.end());
  store.Restart();
  for (int i = 0; i < kTenants; ++i) EXPECT_EQ(store.SpanCount(tenant(i)), unsigned{kSpans});
}

TEST(StorageSealing, WhatIsAppendedWhileOthersSealAndAskIsThereOnce) {
  base::WorkerPool workers("test", 4, 100);
  StorageOptions options;
  options.workers = &workers;
  options.seal.row_group_span_count = 8;
  options.seal.block_span_count = 32;
  TestStore store(options);
  constexpr int kThreads = 3;
  constexpr int kSpans = 200;
  const auto tenant = [](int i) { return *TenantId::Parse("t" + std::to_string(i % 2)); };
  std::atomic<int> appending = kThreads;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int span = 0; span < kSpans; ++span) {
        EXPECT_TRUE(store.Append(OneSpan(i * kSpans + span), tenant(i)).has_value());
      }
      --appending;
    });
  }
  std::uint64_t seen = 0;
  while (appending > 0) {
    EXPECT_TRUE(store.storage().Maintain().has_value());
    const std::uint64_t now = store.SpanCount(tenant(0));
    EXPECT_GE(now, seen) << "what was found is found";
    seen = now;
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(store.SpanCount(tenant(0)) + store.SpanCount(tenant(1)), unsigned{kThreads * kSpans});
  store.Restart();
  EXPECT_EQ(store.SpanCount(tenant(0)) + store.SpanCount(tenant(1)), unsigned{kThreads * kSpans});
}

TEST(StorageSealing, SealingEndsWhileSpansKeepComing) {
  StorageOptions options;
  options.seal.block_span_count = 1;
  TestStore store(options);
  store.AppendSpans(1);
  const std::thread::id tester = std::this_thread::get_id();
  int put_count = 0;
  store.objects.on_put = [&] {
    if (std::this_thread::get_id() != tester || ++put_count > 100) return;
    store.AppendSpans(1);
  };

  ASSERT_TRUE(store.storage().Flush().has_value());

  EXPECT_EQ(put_count, 1);
}

TEST(StorageSealing, ABlockThatCannotBeReadBackIsNotLeftBehind) {
  TestStore store;
  store.AppendSpans(5);
  store.objects.Fail(FaultyObjectStore::Call::kTail,
                     {Code::kUnavailable, "too many open files", {}});

  EXPECT_FALSE(store.storage().Flush().has_value());

  EXPECT_TRUE(store.objects.List(kBlockPrefix)->empty());
  store.objects.Mend();
  ASSERT_TRUE(store.storage().Flush().has_value());
  EXPECT_EQ(store.SpanCount(), 5u);
  EXPECT_EQ(store.objects.List(kBlockPrefix)->size(), 1u);
}

TEST(StorageSealing, SealsRowGroupsAndCutsBlocksWhenTheyAreFull) {
  StorageOptions options;
  options.seal.row_group_span_count = 10;
  options.seal.block_span_count = 30;
  TestStore store(options);
  store.AppendSpans(45);

  ASSERT_TRUE(store.storage().Maintain().has_value());

  const TenantFacts facts = store.storage().facts();
  EXPECT_EQ(facts.block_count, 1u);
  EXPECT_GE(facts.block_span_count, 30u);
  EXPECT_EQ(store.SpanCount(), 45u);
}

TEST(StorageSealing, WritesABlockWhenSpansHaveWaitedLongEnough) {
  TestStore store;
  store.AppendSpans(3);
  ASSERT_TRUE(store.storage().Maintain().has_value());
  EXPECT_EQ(store.storage().facts().block_count, 0u);

  store.clock.Advance(std::chrono::minutes(6));
  ASSERT_TRUE(store.storage().Maintain().has_value());

  EXPECT_EQ(store.storage().facts().block_span_count, 3u);
  EXPECT_EQ(store.SpanCount(), 3u);
}

TEST(StorageSealing, JoinsSmallBatches) {
  TestStore store;
  store.AppendSpans(200);

  ASSERT_TRUE(store.storage().Maintain().has_value());

  EXPECT_EQ(store.SpanCount(), 200u);
  EXPECT_LT(store.storage().facts().fresh_batch_count, 64u);
}

TEST(StorageSealing, JoinedBatchesAreNoLargerThanARowGroup) {
  StorageOptions options;
  options.seal.row_group_span_count = 50;
  TestStore store(options);
  store.AppendSpans(220);

  ASSERT_TRUE(store.storage().Flush().has_value());

  EXPECT_EQ(store.SpanCount(), 220u);
  for (const scan::SpanSourcePtr& source : store.storage().Sources({})) {
    EXPECT_LE(source->stats().span_count, 50u);
  }
}

}  // namespace
}  // namespace clew::storage
