#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <latch>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/worker_pool.h"
#include "log/segment_format.h"
#include "log/test_local_log.h"
#include "log/testing/faulty_file_system.h"

namespace clew::log {
namespace {

using testing::ElementsAre;

/// Has a sync of `disk` last until it is told to end. Made before the log is opened.
class HeldSync {
 public:
  explicit HeldSync(FaultyFileSystem& disk) {
    disk.on_sync = [this] {
      if (!is_armed_.exchange(false)) return;
      is_syncing_.count_down();
      may_finish_.wait();
    };
  }
  void HoldNext() { is_armed_ = true; }
  void WaitUntilHeld() { is_syncing_.wait(); }
  void Finish() { may_finish_.count_down(); }

 private:
  std::latch is_syncing_{1};
  std::latch may_finish_{1};
  std::atomic<bool> is_armed_ = false;
};

class LocalLogFaultTest : public LocalLogTest {
 protected:
  void Open() {
    log_.reset();
    log_ = OpenLocalLog(options_, disk_, clock_, metrics_).value();
  }

  Result<Appended> Append(std::string body) {
    return log_->Append(MakeRecord(std::move(body))).Wait();
  }

  FaultyFileSystem disk_;
  std::unique_ptr<Log> log_;
};

TEST_F(LocalLogFaultTest, AFullDiskRefusesCutsBackAndRecovers) {
  Open();
  ASSERT_TRUE(Append("first").has_value());

  // Every number of bytes that may still fit of the next record.
  for (int free_bytes = 0; free_bytes < 110; ++free_bytes) {
    disk_.free_bytes = free_bytes;
    const auto refused = Append(std::string(60, 'x'));
    ASSERT_FALSE(refused.has_value()) << free_bytes;
    ASSERT_EQ(refused.error().code, Code::kResourceExhausted);
    ASSERT_TRUE(refused.error().retry_after.has_value());
  }
  EXPECT_THAT(Bodies(*log_), ElementsAre("first"));
  disk_.free_bytes = 1 << 30;
  EXPECT_TRUE(Append("second").has_value());

  EXPECT_THAT(Bodies(*log_), ElementsAre("first", "second"));
  EXPECT_EQ(metrics_.Sum("clew_log_refused_records_total"), 110);
  Open();
  EXPECT_THAT(Bodies(*log_), ElementsAre("first", "second"));
  EXPECT_EQ(metrics_.Sum("clew_log_cut_bytes_total"), 0);
}

// Who is said not to be ready is sent nothing, so that no append would find out.
TEST_F(LocalLogFaultTest, AFullDiskIsSaidUntilThereIsRoomAgain) {
  base::ManualClock clock(0);
  log_ = OpenLocalLog(options_, disk_, clock, metrics_).value();
  ASSERT_TRUE(Append("first").has_value());
  EXPECT_TRUE(log_->CheckReachable().has_value());
  disk_.free_bytes = 10;
  ASSERT_FALSE(Append(std::string(60, 'x')).has_value());

  const Status full = log_->CheckReachable();
  ASSERT_FALSE(full.has_value());
  EXPECT_THAT(full.error().message, testing::HasSubstr("No space left on device: free space"));
  constexpr int kTooFew = 60;
  disk_.free_bytes = kTooFew;
  while (disk_.free_bytes == kTooFew) {
    clock.Advance(std::chrono::seconds(1));
    std::this_thread::yield();
  }
  EXPECT_FALSE(log_->CheckReachable().has_value()) << "there is less room than was asked for";
  disk_.free_bytes = 1 << 30;
  while (!log_->CheckReachable().has_value()) {
    clock.Advance(std::chrono::seconds(1));
    std::this_thread::yield();
  }

  EXPECT_TRUE(Append("second").has_value());
  EXPECT_THAT(Bodies(*log_), ElementsAre("first", "second"));
  log_.reset();
  Open();
  EXPECT_THAT(Bodies(*log_), ElementsAre("first", "second"));
  EXPECT_EQ(metrics_.Sum("clew_log_cut_bytes_total"), 0);
}

TEST_F(LocalLogFaultTest, ADiskThatIsFullFromTheStartRecovers) {
  Open();
  for (const int free_bytes : {0, 1, 63, 64, 65}) {
    disk_.free_bytes = free_bytes;
    EXPECT_EQ(Append("x").error().code, Code::kResourceExhausted) << free_bytes;
  }
  disk_.free_bytes = 1 << 30;

  EXPECT_TRUE(Append("first").has_value());
  Open();
  EXPECT_THAT(Bodies(*log_), ElementsAre("first"));
}

TEST_F(LocalLogFaultTest, WhatCannotBeCutBackIsLeftBehind) {
  Open();
  ASSERT_TRUE(Append("first").has_value());
  disk_.free_bytes = 70;
  disk_.truncate_fails = true;

  EXPECT_EQ(Append(std::string(60, 'x')).error().code, Code::kResourceExhausted);
  disk_.free_bytes = 1 << 30;
  EXPECT_TRUE(Append("second").has_value());
  disk_.truncate_fails = false;

  EXPECT_THAT(Bodies(*log_), ElementsAre("first", "second"));
  Open();
  EXPECT_THAT(Bodies(*log_), ElementsAre("first", "second"));
}

TEST_F(LocalLogFaultTest, OpeningIsGivenUpWithinASegment) {
  Open();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Append(std::string(200'000, 'x')).has_value());
  log_.reset();
  std::stop_source ending;
  options_.ending = ending.get_token();
  int reads_left = 5;
  disk_.on_read = [&] {
    ASSERT_GT(reads_left, 0) << "it reads on";
    if (--reads_left == 0) ending.request_stop();
  };

  const auto given_up = OpenLocalLog(options_, disk_, clock_, metrics_);

  ASSERT_FALSE(given_up.has_value());
  EXPECT_EQ(given_up.error().code, Code::kCancelled);
  EXPECT_EQ(reads_left, 0);
  options_.ending = {};
  disk_.on_read = [] {};
  Open();
  EXPECT_THAT(Bodies(*log_), testing::SizeIs(20));
}

TEST_F(LocalLogFaultTest, OpeningIsGivenUpBetweenSegments) {
  options_.segment_bytes = 1000;
  Open();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Append(std::string(1000, 'x')).has_value());
  log_.reset();
  std::stop_source ending;
  options_.ending = ending.get_token();
  int read_count = 0;
  disk_.on_read = [&] {
    if (++read_count == 3) ending.request_stop();
  };

  EXPECT_EQ(OpenLocalLog(options_, disk_, clock_, metrics_).error().code, Code::kCancelled);

  EXPECT_EQ(read_count, 3);
}

TEST_F(LocalLogFaultTest, AFailedSyncIsNeverAcknowledged) {
  Open();
  ASSERT_TRUE(Append("first").has_value());
  disk_.sync_fails = true;
  const Position end = log_->end();

  const auto refused = Append("lost");

  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  EXPECT_TRUE(refused.error().is_retryable());
  EXPECT_EQ(log_->end(), end);
  EXPECT_THAT(Bodies(*log_), ElementsAre("first"));
  EXPECT_FALSE(Append("lost too").has_value());
  disk_.sync_fails = false;
  const auto second = Append("second");
  ASSERT_TRUE(second.has_value());
  EXPECT_GT(second->begin, end);
  EXPECT_THAT(Bodies(*log_), ElementsAre("first", "second"));
  Open();
  EXPECT_THAT(Bodies(*log_), ElementsAre("first", "second"));
}

TEST_F(LocalLogFaultTest, AFailedSyncThatCannotBeCutBackIsNotRead) {
  Open();
  ASSERT_TRUE(Append("first").has_value());
  disk_.sync_fails = true;
  disk_.truncate_fails = true;
  EXPECT_FALSE(Append("lost").has_value());
  disk_.sync_fails = false;
  disk_.truncate_fails = false;

  ASSERT_TRUE(Append("second").has_value());

  EXPECT_THAT(Bodies(*log_), ElementsAre("first", "second"));
}

TEST_F(LocalLogFaultTest, ARecordIsNotReadBeforeItIsDurable) {
  HeldSync sync(disk_);
  Open();
  ASSERT_TRUE(Append("first").has_value());
  const Position end = log_->end();
  sync.HoldNext();
  std::thread writer([&] { EXPECT_TRUE(Append("second").has_value()); });
  sync.WaitUntilHeld();

  EXPECT_THAT(Bodies(*log_), ElementsAre("first"));
  EXPECT_EQ(log_->end(), end);
  EXPECT_FALSE(log_->WaitFor(end, base::kAtOnce, base::SystemTime()));
  sync.Finish();
  writer.join();

  EXPECT_THAT(Bodies(*log_), ElementsAre("first", "second"));
}

TEST_F(LocalLogFaultTest, ADiskThatDoesNotComeToAnEndTakesNothingMore) {
  HeldSync sync(disk_);
  base::ManualClock clock(1);
  log_ = OpenLocalLog(options_, disk_, clock, metrics_).value();
  ASSERT_TRUE(Append("first").has_value());
  // It counts until all who are told of it have been.
  while (metrics_.Sum("clew_log_pending_records") > 0) std::this_thread::yield();
  sync.HoldNext();
  auto stuck = log_->Append(MakeRecord("stuck"));
  sync.WaitUntilHeld();
  clock.Advance(std::chrono::seconds(9));
  auto waiting = log_->Append(MakeRecord("waiting"));
  clock.Advance(std::chrono::seconds(1));

  const auto refused = Append("refused");

  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  EXPECT_TRUE(refused.error().retry_after.has_value());
  EXPECT_EQ(metrics_.Sum("clew_log_pending_records"), 2);
  sync.Finish();
  EXPECT_TRUE(std::move(stuck).Wait().has_value());
  EXPECT_TRUE(std::move(waiting).Wait().has_value());
  EXPECT_TRUE(Append("last").has_value());
  EXPECT_THAT(Bodies(*log_), ElementsAre("first", "stuck", "waiting", "last"));
  log_.reset();  // before the clock
}

TEST_F(LocalLogFaultTest, ManyAppendersShareASync) {
  constexpr int kThreadCount = 32;
  HeldSync sync(disk_);
  Open();
  ASSERT_TRUE(Append("first").has_value());
  sync.HoldNext();
  std::thread blocker([&] { EXPECT_TRUE(Append("blocks the disk").has_value()); });
  sync.WaitUntilHeld();
  const int sync_count = disk_.sync_count;
  const double queued_bytes = metrics_.Sum("clew_log_queued_bytes");
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreadCount; ++i) {
    threads.emplace_back([&] { EXPECT_TRUE(Append(std::string(1000, 'x')).has_value()); });
  }
  // More than one record less would hold.
  constexpr double kAllQueuedBytes = kThreadCount * (1000.0 + kRecordHeaderBytes);
  while (metrics_.Sum("clew_log_queued_bytes") < queued_bytes + kAllQueuedBytes) {
    std::this_thread::yield();
  }
  sync.Finish();
  for (std::thread& thread : threads) thread.join();
  blocker.join();

  EXPECT_EQ(disk_.sync_count, sync_count + 1);
  EXPECT_EQ(Bodies(*log_).size(), kThreadCount + 2U);
}

TEST_F(LocalLogFaultTest, TasksOfAPoolShareASyncHoweverFewItsThreads) {
  constexpr int kSenderCount = 64;
  HeldSync sync(disk_);
  Open();
  base::WorkerPool pool("test", 8, 1000);
  ASSERT_TRUE(Append("first").has_value());
  sync.HoldNext();
  const auto append = [&] { EXPECT_TRUE(Append(std::string(1000, 'x')).has_value()); };
  ASSERT_TRUE(pool.TryPost(append));
  sync.WaitUntilHeld();
  const int sync_count = disk_.sync_count;
  const double record_bytes = metrics_.Sum("clew_log_queued_bytes");
  for (int i = 0; i < kSenderCount; ++i) ASSERT_TRUE(pool.TryPost(append));
  while (metrics_.Sum("clew_log_queued_bytes") < (kSenderCount + 1) * record_bytes) {
    std::this_thread::yield();
  }
  sync.Finish();
  while (metrics_.Sum("clew_log_appended_records_total") < kSenderCount + 2) {
    std::this_thread::yield();
  }

  EXPECT_EQ(disk_.sync_count, sync_count + 1);
}

TEST_F(LocalLogFaultTest, AFullDiskStillLetsConsumersFreeIt) {
  options_.segment_bytes = 1000;
  Open();
  Position end;
  for (int i = 0; i < 5; ++i) end = Append(std::string(1000, 'x')).value().end;
  disk_.free_bytes = 0;
  EXPECT_FALSE(Append("x").has_value());

  // The checkpoint itself needs room: when there is none the consumer tries again.
  EXPECT_EQ(log_->Commit("storage", end).error().code, Code::kResourceExhausted);
  disk_.free_bytes = 1;
  EXPECT_TRUE(log_->Commit("storage", end).has_value());

  EXPECT_EQ(metrics_.Sum("clew_log_segments"), 1);
}

TEST_F(LocalLogFaultTest, TheDirectoryIsKeptUntilNobodyWritesToIt) {
  std::promise<void> entered;
  std::promise<void> may_go_on;
  Open();
  disk_.on_replace = [&, is_first = true]() mutable {
    if (!std::exchange(is_first, false)) return;
    entered.set_value();
    may_go_on.get_future().wait();
  };
  const Position end = Append("a").value().end;
  auto committed = std::async(std::launch::async, [&] { return log_->Commit("storage", end); });
  entered.get_future().wait();

  auto closed = std::async(std::launch::async, [&] { log_->Close(); });

  while (Append("b").has_value()) std::this_thread::yield();
  EXPECT_EQ(closed.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  may_go_on.set_value();
  EXPECT_TRUE(committed.get().has_value());
  closed.get();
  EXPECT_EQ(log_->Commit("storage", end).error().code, Code::kUnavailable);
  EXPECT_EQ(log_->Forget("storage").error().code, Code::kUnavailable);
  Open();
  EXPECT_EQ(log_->Committed("storage"), end);
}

TEST_F(LocalLogFaultTest, ManyCommitUntilItCloses) {
  Open();
  std::vector<Position> ends;
  for (int i = 0; i < 100; ++i) ends.push_back(Append("a").value().end);
  std::vector<std::thread> consumers;
  for (int i = 0; i < 3; ++i) {
    consumers.emplace_back([&, &log = *log_, name = std::to_string(i)] {
      for (std::size_t next = 0; log.Commit(name, ends[next]).has_value();) {
        next = (next + 1) % ends.size();
        if (next == 0) static_cast<void>(log.Forget(name));
      }
    });
  }
  while (log_->Committed("0") < ends[20]) std::this_thread::yield();

  log_->Close();

  // What is there now stays.
  const auto other = OpenLocalLog(options_, disk_, clock_, metrics_).value();
  const std::vector<Position> before = {other->Committed("0"), other->Committed("1")};
  for (std::thread& consumer : consumers) consumer.join();
  other->Close();
  Open();
  EXPECT_EQ(log_->Committed("0"), before[0]);
  EXPECT_EQ(log_->Committed("1"), before[1]);
}

}  // namespace
}  // namespace clew::log
