#include "storage/block_writer.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/worker_pool.h"
#include "storage/testing/test_store.h"

/// A store whose blocks cannot be written for a while, or slowly.
namespace clew::storage {
namespace {

using ::testing::ElementsAre;
using testing::FaultyObjectStore;
using ::testing::HasSubstr;
using testing::MakeData;
using ::testing::Not;
using testing::TestStore;

/// Whoever passes waits while it is shut.
class Gate {
 public:
  void Pass() {
    std::unique_lock lock(mutex_);
    opened_.wait(lock, [this] { return is_open_; });
  }
  void Shut() {
    const std::scoped_lock lock(mutex_);
    is_open_ = false;
  }
  void Open() {
    const std::scoped_lock lock(mutex_);
    is_open_ = true;
    opened_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool is_open_ = true;
};

Error DiskFull() { return {Code::kResourceExhausted, "no space left on device", {}}; }

class BlockWriterTest : public ::testing::Test {
 protected:
  BlockWriterTest() {
    store_.options.head_bytes_max = 1u << 20;
    store_.options.seal.row_group_span_count = 4;
    store_.options.seal.block_span_count = 8;
    store_.options.waiting_objects = &waiting_;
    store_.objects.on_put = [this] {
      ++put_count_;
      gate_.Pass();
    };
  }
  ~BlockWriterTest() override { gate_.Open(); }

  void Open(base::WorkerPool* workers) {
    store_.options.workers = workers;
    store_.Restart();
  }
  /// A trace of its own for each number, of random text, which sealing makes hardly smaller.
  Status AppendLarge(int number) {
    std::string text;
    for (int i = 0; i < 1000; ++i) text += fmt::format("{:x}", random_.Next());
    const std::string id = std::to_string(number + 1);
    return store_.Append(MakeData(
        {{.trace = id, .span = id, .service = "shop", .name = std::move(text), .start = 1000}}));
  }
  /// As a sender that tries again.
  void AppendAllLarge(int count) {
    for (int i = 0; i < count; ++i) {
      while (!AppendLarge(i).has_value()) std::this_thread::yield();
    }
  }
  /// Until nobody is taken any more.
  void AppendUntilRefused() {
    int number = 0;
    do {
      while (AppendLarge(number).has_value()) ++number;
      EXPECT_FALSE(store_.storage().Maintain().has_value());
    } while (AppendLarge(number).has_value() && ++number > 0);
  }
  std::uint64_t WaitingBytes() {
    const std::vector<ObjectInfo> objects = waiting_.List(kBlockPrefix).value();
    std::uint64_t bytes = 0;
    for (const ObjectInfo& object : objects) bytes += object.size_bytes;
    return bytes;
  }
  void WaitUntilSpilled() {
    while (store_.storage().facts().spilled_block_count == 0) std::this_thread::yield();
  }
  /// Of which numbers there are spans, each as often.
  std::vector<std::string> Ids() {
    std::vector<std::string> ids;
    for (const scan::SpanSourcePtr& source : store_.storage().Sources({})) {
      const auto traces = source->Traces();
      EXPECT_TRUE(traces.has_value()) << traces.error().message;
      for (const scan::TraceSize& trace : *traces) ids.push_back(trace.id.ToHex());
    }
    std::ranges::sort(ids);
    return ids;
  }
  void ExpectEachOnce(std::size_t count) {
    std::vector<std::string> ids = Ids();
    EXPECT_EQ(ids.size(), count);
    EXPECT_EQ(std::ranges::unique(ids).size(), 0u);
  }

  static constexpr int kMany = 400;  // some 6 MB of spans, for a head of one
  base::SeededRandom random_{7};
  Gate gate_;
  std::atomic<int> put_count_ = 0;
  FaultyObjectStore waiting_;
  TestStore store_;
};

TEST_F(BlockWriterTest, NobodyIsRefusedForGoodWhileBlocksCannotBeWritten) {
  base::WorkerPool workers("test", 4, 100);
  Open(&workers);
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

TEST_F(BlockWriterTest, ReadersOfWhatWasLaidAsideLoseNothingWhenItIsWritten) {
  Open(nullptr);
  store_.objects.Fail(FaultyObjectStore::Call::kPut, DiskFull());
  AppendAllLarge(kMany);
  WaitUntilSpilled();
  const std::vector<scan::SpanSourcePtr> sources = store_.storage().Sources({});

  store_.objects.Mend();
  ASSERT_TRUE(store_.storage().Maintain().has_value());
  ASSERT_TRUE(store_.storage().Maintain().has_value());

  EXPECT_FALSE(waiting_.List(kBlockPrefix)->empty());
  for (const scan::SpanSourcePtr& source : sources) {
    EXPECT_TRUE(source->ReadAll(scan::ReadExtent::kAll).has_value());
  }
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

TEST_F(BlockWriterTest, WhatAnEarlierOpeningReadsStaysUntilItEnds) {
  Open(nullptr);
  ASSERT_TRUE(waiting_.PutIfAbsent("blocks/a/b.block", {"left"}).has_value());
  waiting_.is_read_elsewhere = true;
  store_.Restart();
  ASSERT_TRUE(store_.storage().Maintain().has_value());
  EXPECT_EQ(waiting_.List(kBlockPrefix)->size(), 1u);

  waiting_.is_read_elsewhere = false;
  ASSERT_TRUE(store_.storage().Maintain().has_value());

  EXPECT_TRUE(waiting_.List(kBlockPrefix)->empty());
}

TEST_F(BlockWriterTest, WhatIsLaidAsideHereStaysWhenWhatAnEarlierOpeningLeftGoes) {
  ASSERT_TRUE(waiting_.PutIfAbsent("blocks/a/b.block", {"left"}).has_value());
  waiting_.is_read_elsewhere = true;
  Open(nullptr);
  store_.objects.Fail(FaultyObjectStore::Call::kPut, DiskFull());
  AppendAllLarge(kMany);
  WaitUntilSpilled();

  waiting_.is_read_elsewhere = false;
  EXPECT_FALSE(store_.storage().Maintain().has_value());

  EXPECT_FALSE(waiting_.Get("blocks/a/b.block").has_value());
  ExpectEachOnce(kMany);
  store_.objects.Mend();
  ASSERT_TRUE(store_.storage().Flush().has_value());
  ExpectEachOnce(kMany);
  EXPECT_EQ(store_.storage().facts().block_span_count, unsigned{kMany});
}

TEST_F(BlockWriterTest, WhatAnEarlierOpeningLeftGoesAlsoWhenNothingMayWaitAnyMore) {
  ASSERT_TRUE(waiting_.PutIfAbsent("blocks/a/b.block", {"left"}).has_value());
  store_.options.waiting_bytes_max = 0;
  Open(nullptr);

  waiting_.Fail(FaultyObjectStore::Call::kDelete, {Code::kUnavailable, "read-only", {}});
  ASSERT_TRUE(store_.storage().Maintain().has_value());
  EXPECT_EQ(waiting_.List(kBlockPrefix)->size(), 1u);
  waiting_.Mend();
  ASSERT_TRUE(store_.storage().Maintain().has_value());

  EXPECT_TRUE(waiting_.List(kBlockPrefix)->empty());
}

TEST_F(BlockWriterTest, AFlushEndsThoughWhatFailedIsTriedAgainMeanwhile) {
  base::WorkerPool workers("test", 4, 100);
  Open(&workers);
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(AppendLarge(i).has_value());
  store_.objects.Fail(FaultyObjectStore::Call::kPut, {Code::kInternal, "broken", {}});
  std::atomic<bool> is_over = false;
  std::jthread others([&] {
    while (!is_over) static_cast<void>(store_.storage().Maintain());
  });

  EXPECT_FALSE(store_.storage().Flush().has_value());

  is_over = true;
  others.join();
  Open(nullptr);
}

TEST_F(BlockWriterTest, AFlushThatWaitsForAWriteEndsWhenItIsAskedTo) {
  base::WorkerPool workers("test", 4, 100);
  Open(&workers);
  gate_.Shut();
  // A full block, which wakes who writes it.
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(AppendLarge(i).has_value());
  while (put_count_ == 0) std::this_thread::yield();
  std::stop_source ending;
  Status status;
  std::jthread flush([&] { status = store_.storage().Flush(ending.get_token()); });

  ending.request_stop();
  flush.join();

  EXPECT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, Code::kUnavailable);
  gate_.Open();
  ASSERT_TRUE(store_.storage().Flush().has_value());
  Open(nullptr);
  ExpectEachOnce(8);
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

TEST_F(BlockWriterTest, WhatCannotBeDeletedOnDiskCountsAndIsTriedAgain) {
  store_.options.waiting_bytes_max = 2u << 20;
  Open(nullptr);
  store_.objects.Fail(FaultyObjectStore::Call::kPut, DiskFull());
  AppendUntilRefused();
  waiting_.Fail(FaultyObjectStore::Call::kDelete, {Code::kUnavailable, "read-only", {}});
  store_.objects.Mend();
  ASSERT_TRUE(store_.storage().Flush().has_value());
  ASSERT_TRUE(store_.storage().Maintain().has_value());
  EXPECT_GT(WaitingBytes(), 1u << 20);

  store_.objects.Fail(FaultyObjectStore::Call::kPut, DiskFull());
  AppendUntilRefused();
  EXPECT_LE(WaitingBytes(), 2u << 20);

  waiting_.Mend();
  store_.objects.Mend();
  ASSERT_TRUE(store_.storage().Flush().has_value());
  ASSERT_TRUE(store_.storage().Maintain().has_value());
  EXPECT_EQ(WaitingBytes(), 0u);
}

TEST_F(BlockWriterTest, WhatIsLongerOnDiskThanItWasIsDamaged) {
  Open(nullptr);
  store_.objects.Fail(FaultyObjectStore::Call::kPut, DiskFull());
  AppendAllLarge(kMany);
  WaitUntilSpilled();
  const ObjectInfo object = waiting_.List(kBlockPrefix)->front();
  const std::string bytes(waiting_.Get(object.name)->view());
  ASSERT_TRUE(waiting_.Delete(object.name).has_value());
  ASSERT_TRUE(waiting_.PutIfAbsent(object.name, {bytes, "more"}).has_value());
  store_.objects.Mend();

  EXPECT_EQ(store_.storage().Flush().error().code, Code::kDataLoss);
}

TEST_F(BlockWriterTest, WhatIsDamagedOnDiskIsToldAndComesBackFromTheLog) {
  Open(nullptr);
  store_.objects.Fail(FaultyObjectStore::Call::kPut, DiskFull());
  AppendAllLarge(kMany);
  WaitUntilSpilled();
  const ObjectInfo object = waiting_.List(kBlockPrefix)->front();
  std::string bytes(waiting_.Get(object.name)->view());
  bytes[bytes.size() / 2] ^= 1;
  ASSERT_TRUE(waiting_.Delete(object.name).has_value());
  ASSERT_TRUE(waiting_.PutIfAbsent(object.name, {bytes}).has_value());
  store_.objects.Mend();

  ::testing::internal::CaptureStderr();
  EXPECT_EQ(store_.storage().Flush().error().code, Code::kDataLoss);
  EXPECT_FALSE(store_.storage().Flush().has_value());
  const std::string log = ::testing::internal::GetCapturedStderr();

  EXPECT_THAT(log, HasSubstr("damaged there"));
  EXPECT_EQ(log.find("damaged there"), log.rfind("damaged there")) << log;
  EXPECT_THAT(log, Not(HasSubstr("trying again")));
  EXPECT_EQ(store_.metrics.Sum("clew_storage_lost_waiting_blocks"), 1);
  EXPECT_THAT(store_.storage().LeftOut({}), ElementsAre(HasSubstr("until the next start")));
  EXPECT_EQ(store_.storage().facts().spilled_block_count, 1u) << "the others are written";
  EXPECT_LT(store_.log.Committed(kStorageConsumer), store_.log.end());
  store_.Restart();
  ASSERT_TRUE(store_.storage().Flush().has_value());
  ExpectEachOnce(kMany);
}

TEST_F(BlockWriterTest, WhereNothingCanBeLaidAsideTheHeadIsFullAndThatIsTold) {
  Open(nullptr);
  store_.objects.Fail(FaultyObjectStore::Call::kPut, DiskFull());
  waiting_.Fail(FaultyObjectStore::Call::kPut, DiskFull());
  ::testing::internal::CaptureStderr();
  int taken = 0;
  // Until a round has found nothing more to do.
  do {
    while (AppendLarge(taken).has_value()) ++taken;
    EXPECT_FALSE(store_.storage().Maintain().has_value());
  } while (AppendLarge(taken).has_value() && ++taken > 0);
  const std::string log = ::testing::internal::GetCapturedStderr();

  EXPECT_EQ(log.find("cannot be laid aside"), log.rfind("cannot be laid aside")) << log;
  EXPECT_THAT(log, HasSubstr("cannot be laid aside"));
  waiting_.Mend();
  store_.clock.Advance(std::chrono::seconds(1));  // when it is tried again
  AppendAllLarge(kMany);
  EXPECT_EQ(store_.SpanCount(), static_cast<unsigned>(taken + kMany));
}

TEST_F(BlockWriterTest, NoMoreIsLaidAsideThanMayBe) {
  store_.options.waiting_bytes_max = 2u << 20;
  Open(nullptr);
  store_.objects.Fail(FaultyObjectStore::Call::kPut, DiskFull());
  int taken = 0;
  do {
    while (AppendLarge(taken).has_value()) ++taken;
    EXPECT_FALSE(store_.storage().Maintain().has_value());
  } while (AppendLarge(taken).has_value() && ++taken > 0);

  EXPECT_GT(store_.storage().facts().spilled_bytes, 1u << 20);
  EXPECT_LE(store_.storage().facts().spilled_bytes, 2u << 20);
}

TEST_F(BlockWriterTest, TheReserveOfTheDiskStaysFree) {
  // Twice: at the reserve itself retention deletes.
  store_.options.retention.disk_reserve_bytes = 1u << 30;
  store_.options.retention.free_disk_bytes = [] { return (1u << 30) + (512u << 20); };
  Open(nullptr);
  store_.objects.Fail(FaultyObjectStore::Call::kPut, DiskFull());
  for (int i = 0; AppendLarge(i).has_value(); ++i) continue;
  EXPECT_FALSE(store_.storage().Maintain().has_value());

  EXPECT_EQ(store_.storage().facts().spilled_block_count, 0u);
}

TEST_F(BlockWriterTest, TheCheckpointNeverPassesWhatIsInNoBlock) {
  base::WorkerPool workers("test", 4, 100);
  store_.options.head_bytes_max = 64u << 20;
  Open(&workers);
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
