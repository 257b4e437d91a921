#include "storage/block_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "storage/test_block_writer.h"

/// A store whose blocks cannot be written for a while, or slowly.
namespace clew::storage {
namespace {

using testing::BlockWriterTest;
using testing::DiskFull;
using testing::FaultyObjectStore;
using ::testing::HasSubstr;

TEST_F(BlockWriterTest, NobodyIsRefusedForGoodWhileBlocksCannotBeWritten) {
  Open(&workers_);
  gate_.Shut();

  AppendAllLarge(kMany);

  ExpectEachOnce(kMany);
  EXPECT_EQ(store_.storage().facts().block_count, 0u);
  EXPECT_GT(store_.metrics.Sum("clew_storage_spilled_bytes"), 2e6);
  EXPECT_LE(store_.metrics.Sum("clew_storage_waiting_bytes"), 1 << 20);
  EXPECT_LT(store_.log.Committed(kStorageConsumer), log::Position{10});

  gate_.Open();
  ASSERT_TRUE(store_.storage().Flush().has_value());

  ExpectEachOnce(kMany);
  const TenantFacts facts = store_.storage().facts();
  EXPECT_EQ(facts.block_span_count, unsigned{kMany});
  EXPECT_EQ(facts.spilled_block_count + facts.waiting_block_count, 0u);
  EXPECT_EQ(store_.log.Committed(kStorageConsumer), store_.log.end());
  ASSERT_TRUE(store_.storage().Maintain().has_value());
  EXPECT_TRUE(waiting_.List(kBlockPrefix)->empty());
  Open(nullptr);
  ExpectEachOnce(kMany);
}

// As above, but for the rounds of the store: here they come as often as spans do, so that nobody
// has to try again.
TEST_F(BlockWriterTest, NobodyIsRefusedWhileBlocksCannotBeWrittenAndRoundsKeepUp) {
  Open(&workers_);
  store_.objects.Fail(FaultyObjectStore::Call::kPut, DiskFull());

  for (int i = 0; i < kMany; ++i) {
    const Status status = AppendLarge(i);
    ASSERT_TRUE(status.has_value()) << i << ": " << status.error().message;
    static_cast<void>(store_.storage().Maintain());  // an error, as it cannot write
  }

  EXPECT_EQ(store_.storage().facts().block_count, 0u) << "no block is written";
  EXPECT_GT(store_.storage().facts().spilled_block_count, 0u);
  EXPECT_EQ(store_.metrics.Sum("clew_storage_refused_spans"), 0);
  ExpectEachOnce(kMany);
}

TEST_F(BlockWriterTest, ACrashMeanwhileLosesNothing) {
  Open(nullptr);
  store_.objects.Fail(FaultyObjectStore::Call::kPut, DiskFull());
  AppendAllLarge(kMany);
  WaitUntilSpilled();
  ASSERT_FALSE(waiting_.List(kBlockPrefix)->empty());

  store_.Open();  // the log has all of it, and needs the room of the head to replay
  while (!store_.storage().is_ready()) std::this_thread::yield();

  ExpectEachOnce(kMany);
  store_.objects.Mend();
  store_.Restart();
  ASSERT_TRUE(store_.storage().Flush().has_value());
  ExpectEachOnce(kMany);
  EXPECT_TRUE(waiting_.List(kBlockPrefix)->empty()) << "what an earlier run left is of no use";
}

TEST_F(BlockWriterTest, AFlushEndsThoughWhatFailedIsTriedAgainMeanwhile) {
  Open(&workers_);
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(AppendLarge(i).has_value());
  store_.objects.Fail(FaultyObjectStore::Call::kPut, {Code::kInternal, "broken", {}});
  std::atomic<bool> is_over = false;
  std::jthread others([&] {
    while (!is_over) static_cast<void>(store_.storage().Maintain());
  });

  EXPECT_FALSE(store_.storage().Flush().has_value());

  is_over = true;
}

TEST_F(BlockWriterTest, AFlushThatWaitsForAWriteEndsWhenItIsAskedTo) {
  base::WorkerPool flushers("flushers", 1, 1);
  Open(&workers_);
  gate_.Shut();
  // A full block, which wakes who writes it.
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(AppendLarge(i).has_value());
  ASSERT_TRUE(Eventually([&] { return put_count_ > 0; }));
  std::stop_source ending;
  std::promise<Status> promise;
  ASSERT_TRUE(
      flushers.TryPost([&] { promise.set_value(store_.storage().Flush(ending.get_token())); }));
  // For the block, and no more for those who seal.
  ASSERT_TRUE(Eventually([&] { return flushers.counts().waiting == 1; }));
  std::future<Status> flushed = promise.get_future();
  EXPECT_EQ(flushed.wait_for(std::chrono::milliseconds(0)), std::future_status::timeout);

  ending.request_stop();
  const bool is_ended = flushed.wait_for(std::chrono::minutes(1)) == std::future_status::ready;
  gate_.Open();

  ASSERT_TRUE(is_ended);
  EXPECT_EQ(flushed.get().error().code, Code::kUnavailable);
  ASSERT_TRUE(store_.storage().Flush().has_value());
  ExpectEachOnce(8);
}

TEST_F(BlockWriterTest, AFullHeadAndASlowStoreMakeNoRoundAfterTheOther) {
  store_.options.waiting_free_disk_bytes = [this]() -> std::optional<std::uint64_t> {
    ++asked_count_;  // a few times a round
    return 0;
  };
  Open(&workers_);
  gate_.Shut();

  // Until nothing of what is there makes room any more.
  int number = 0;
  for (int refused_count = 0; refused_count < 500; ++refused_count) {
    if (!AppendLarge(number).has_value()) continue;
    ++number;
    refused_count = 0;
    asked_count_ = 0;
  }

  EXPECT_LT(asked_count_, 50u);
  gate_.Open();
  ASSERT_TRUE(Eventually([&] { return AppendLarge(number).has_value(); })) << "what is written";
}

TEST_F(BlockWriterTest, WhatFoundNoRoomIsTriedAgainWhenRetentionHasMadeSome) {
  store_.options.retention.age = std::chrono::hours(1);
  Open(nullptr);
  // As the maintenance thread does it, each time that it looks after all.
  const auto pass_round = [&] {
    const Nanos now = store_.clock.Monotonic();
    ASSERT_TRUE(Eventually([&] { return store_.clock.NextWake().value_or(now) > now; }));
    store_.clock.Advance(store_.clock.NextWake().value_or(now + Nanos(1)) - now);
    const Nanos then = store_.clock.Monotonic();
    ASSERT_TRUE(Eventually([&] { return store_.clock.NextWake().value_or(then) > then; }));
  };
  store_.AppendBlock(0);
  store_.objects.is_read_elsewhere = true;  // nothing is deleted meanwhile
  store_.clock.Advance(std::chrono::hours(2));
  ASSERT_TRUE(store_.storage().Maintain().has_value());
  store_.objects.Fail(FaultyObjectStore::Call::kPut, DiskFull());
  ASSERT_TRUE(AppendLarge(1).has_value());
  EXPECT_FALSE(store_.storage().Flush().has_value());
  // Until it is tried once a minute.
  for (int tries = 0; tries < 8; ++tries) {
    for (const int before = put_count_; put_count_ == before;) pass_round();
  }

  store_.objects.is_read_elsewhere = false;
  const int before = put_count_;
  for (int i = 0; i < 5; ++i) pass_round();

  EXPECT_EQ(store_.objects.List(kBlockPrefix)->size(), 0u);
  EXPECT_GT(put_count_, before);
}

TEST_F(BlockWriterTest, WhereThePlaceOfATenantIsAwayOneBlockIsTriedInARound) {
  Open(nullptr);
  store_.objects.Fail(FaultyObjectStore::Call::kPut, {Code::kUnavailable, "away", {}});
  AppendAllLarge(kMany);
  const int before = put_count_;

  EXPECT_FALSE(store_.storage().Maintain().has_value());

  EXPECT_EQ(put_count_, before + 1);
  EXPECT_LT(before, 5) << "and none while its time has not come";
  store_.objects.Mend();
  ASSERT_TRUE(store_.storage().Flush().has_value());
  ExpectEachOnce(kMany);
}

TEST_F(BlockWriterTest, NothingIsTriedWhileNothingCanBeReached) {
  Open(nullptr);
  ASSERT_TRUE(AppendLarge(0).has_value());
  store_.objects.is_away = true;

  const Status status = store_.storage().Flush();

  ASSERT_FALSE(status.has_value());
  EXPECT_THAT(status.error().message, HasSubstr("are away"));
  EXPECT_EQ(put_count_, 0);
  store_.objects.is_away = false;
  ASSERT_TRUE(store_.storage().Flush().has_value());
  EXPECT_EQ(put_count_, 1);
}

TEST_F(BlockWriterTest, ABlockThatIsThereSinceAnAnswerWasLostIsTaken) {
  Open(nullptr);
  store_.objects.is_each_put_twice = true;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(AppendLarge(i).has_value());

  ASSERT_TRUE(store_.storage().Flush().has_value());

  EXPECT_EQ(store_.objects.List(kBlockPrefix)->size(), 1u);
  ExpectEachOnce(3);
  store_.Restart();
  ExpectEachOnce(3);
}

TEST_F(BlockWriterTest, ABlockWhoseNameIsTakenGetsAnother) {
  Open(nullptr);
  store_.objects.is_next_name_taken = true;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(AppendLarge(i).has_value());

  ASSERT_TRUE(store_.storage().Flush().has_value());

  EXPECT_EQ(store_.objects.List(kBlockPrefix)->size(), 2u) << "what was there is not ours";
  ExpectEachOnce(3);
}

TEST_F(BlockWriterTest, TheCheckpointNeverPassesWhatIsInNoBlock) {
  store_.options.head_bytes_max = 64u << 20;
  Open(&workers_);
  constexpr int kThreads = 3;
  constexpr int kSpans = 150;
  std::atomic<int> appending = kThreads;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kSpans; ++i) {
        EXPECT_TRUE(store_.Append(testing::OneSpan(thread * kSpans + i)).has_value());
      }
      --appending;
    });
  }
  threads.emplace_back([&] {
    while (appending > 0) EXPECT_TRUE(store_.storage().Maintain().has_value());
  });

  while (appending > 0) {
    const log::Position safe = store_.log.Committed(kStorageConsumer);
    // Blocks come, and none goes: what is counted after it was there before.
    const std::uint64_t in_blocks = store_.storage().facts().block_span_count;
    const auto records = store_.log.Copy().records;
    const auto behind = std::distance(records.begin(), records.lower_bound(safe));
    EXPECT_GE(in_blocks, static_cast<std::uint64_t>(behind));
  }
  threads.clear();

  ASSERT_TRUE(store_.storage().Flush().has_value());
  EXPECT_EQ(store_.log.Committed(kStorageConsumer), store_.log.end());
  ExpectEachOnce(kThreads * kSpans);
}

}  // namespace
}  // namespace clew::storage
