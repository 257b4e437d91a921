#include "pipeline/follower/log_follower.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/testing/test_folder.h"
#include "log/local_log.h"
#include "log/testing/memory_log.h"
#include "pipeline/follower/testing/span_records.h"
#include "pipeline/testing/counted_clock.h"
#include "pipeline/testing/fake_host.h"
#include "pipeline/testing/recording_consumer.h"
#include "wire/otlp/codec.h"

namespace clew::pipeline {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Keeps what it is given as the store does: it holds the position alone.
class StoringConsumer final : public Consumer {
 public:
  LaterReceipt Consume(const model::BatchPtr&, const Context& context) override {
    const std::scoped_lock lock(mutex_);
    held_.push_back(context.delivery->WithoutMemory());
    changed_.notify_all();
    return Receipt{};
  }
  bool WaitForBatches(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, seconds(20), [&] { return held_.size() >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<DeliveryTokenPtr> held_;
};

class LogFollowerTest : public ::testing::Test {
 protected:
  static constexpr auto kPipeline = "traces/main";
  inline static const PipelineWay kWay = {kPipeline, "otlp"};

  LogFollowerTest() { host_.time = &clock_; }
  ~LogFollowerTest() override {
    exporter_.ReleaseDeliveries();
    StopFollower();
  }

  void StartFollower() { StartFollower(exporter_); }
  void StartFollower(Consumer& next) {
    stop_.emplace();
    LogFollower::Options options;
    options.way = kWay;
    options.commit_interval = Nanos(0);
    options.in_flight_bytes_max = in_flight_bytes_max_;
    options.follower_count = follower_count_;
    options.earlier = std::vector<log::DeliveryTracker>(earlier_);
    options.when_full = [this] { ++full_count_; };
    follower_.emplace(options, log_, codec_, next, *stop_, host_);
    ASSERT_TRUE(follower_->Register(begin_of_new_).has_value());
    follower_->Start();
  }

  void StopFollower() {
    if (!follower_) return;
    follower_->StopReading();
    follower_->Finish();
    follower_.reset();
  }

  /// Moves the clock until `is_done`; false when that does not help.
  bool AdvanceUntil(const std::function<bool()>& is_done) {
    for (int i = 0; i < 5000; ++i) {
      if (is_done()) return true;
      host_.manual_clock.Advance(milliseconds(200));
    }
    return false;
  }

  /// Spans seen when the follower, which shall hand on no more, has come round several times since
  /// it had handed on `count`: what it would do wrong it has done by then.
  std::size_t SpansSeenAfterRounds(std::size_t count) {
    EXPECT_TRUE(exporter_.WaitForSpans(count));
    const Deadline limit = std::chrono::steady_clock::now() + seconds(20);
    // Each round asks five times at most when it finds nothing.
    const int asked_count = clock_.asked_count() + 30;
    while (clock_.asked_count() < asked_count) {
      if (std::chrono::steady_clock::now() > limit) {
        ADD_FAILURE() << "the follower does not come round";
        return 0;
      }
      std::this_thread::yield();
    }
    return exporter_.span_count();
  }

  std::string NamesSeen() const {
    std::string names;
    for (const testing::RecordingConsumer::Entry& entry : exporter_.entries()) {
      const std::string wire(entry.batch->wire().at(0).view());
      names += wire.back();
    }
    return names;
  }

  bool WaitForCommit(log::Position position) {
    return log_.WaitForCommit(FollowerName(kWay), position);
  }
  log::Position Committed() const { return log_.Committed(FollowerName(kWay)); }

  std::uint64_t in_flight_bytes_max_ = 1u << 30;
  std::size_t follower_count_ = 1;
  std::vector<log::DeliveryTracker> earlier_;
  std::atomic<int> full_count_ = 0;
  log::Position begin_of_new_;
  testing::FakeHost host_;
  testing::CountedClock clock_{host_.manual_clock};
  log::MemoryLog log_;
  wire::otlp::OtlpCodec codec_{wire::otlp::DecodeLimits{}};
  testing::RecordingConsumer exporter_;
  std::optional<StopSignal> stop_;
  std::optional<LogFollower> follower_;
};

TEST_F(LogFollowerTest, ShowsHowFarBehindItIsWhileItsExporterIsAway) {
  exporter_.FailAlways({Code::kUnavailable, "down"});
  const log::Position first = testing::AppendSpan(log_, kPipeline, "a").begin;
  StartFollower();
  const Deadline limit = std::chrono::steady_clock::now() + seconds(20);
  while (host_.metrics().Sum("clew_follower_retries_total") == 0) {
    ASSERT_LT(std::chrono::steady_clock::now(), limit);
    host_.manual_clock.Advance(milliseconds(200));
    std::this_thread::yield();
  }

  // Nothing is offered before the first is taken.
  const log::Appended last = testing::AppendSpan(log_, kPipeline, "b");

  EXPECT_EQ(host_.metrics().Sum("clew_follower_lag_bytes"),
            static_cast<double>(last.end.offset - first.offset));
  EXPECT_EQ(host_.metrics().Sum("clew_follower_in_flight_records"), 1);
}

TEST_F(LogFollowerTest, ShowsNothingWhenItIsGone) {
  StartFollower();
  testing::AppendSpan(log_, kPipeline, "a");
  ASSERT_TRUE(exporter_.WaitForSpans(1));  // and holds it
  ASSERT_TRUE(AdvanceUntil([&] { return host_.metrics().Sum("clew_follower_lag_bytes") > 0; }));

  StopFollower();

  for (const char* gauge : {"clew_follower_lag_bytes", "clew_follower_in_flight_records",
                            "clew_follower_in_flight_bytes"}) {
    EXPECT_EQ(host_.metrics().Sum(gauge), 0) << gauge;
  }
}

TEST_F(LogFollowerTest, GivesTheRecordsOfItsPipelineInOrder) {
  testing::AppendSpan(log_, kPipeline, "a");
  testing::AppendSpan(log_, "traces/other", "x");
  StartFollower();
  const log::Appended last = testing::AppendSpan(log_, kPipeline, "b");

  ASSERT_TRUE(exporter_.WaitForSpans(2));
  exporter_.ReleaseDeliveries();

  EXPECT_EQ(NamesSeen(), "ab");
  EXPECT_TRUE(WaitForCommit(last.end));
}

TEST_F(LogFollowerTest, RecordsOfOtherSignalsAndKindsAreNotIts) {
  log::Record other;
  other.pipeline = kPipeline;
  other.body = Bytes(testing::OneSpanRequest("x"));
  other.kind = log::RecordKind::kDecision;
  ASSERT_TRUE(log_.Append(other).Wait().has_value());
  other.kind = log::RecordKind::kData;
  other.signal = model::Signal::kLogs;
  ASSERT_TRUE(log_.Append(other).Wait().has_value());
  StartFollower();
  const log::Appended last = testing::AppendSpan(log_, kPipeline, "a");

  ASSERT_TRUE(exporter_.WaitForSpans(1));
  exporter_.ReleaseDeliveries();

  EXPECT_EQ(NamesSeen(), "a");
  EXPECT_TRUE(WaitForCommit(last.end));
}

TEST_F(LogFollowerTest, DecompressesAndKeepsTenantAndReceivedBody) {
  log::Record record;
  record.pipeline = kPipeline;
  record.tenant = *TenantId::Parse("shop");
  record.compression = base::Compression::kGzip;
  record.body = Bytes(*base::Compress(base::Compression::kGzip, testing::OneSpanRequest("a")));
  ASSERT_TRUE(log_.Append(record).Wait().has_value());

  StartFollower();

  ASSERT_TRUE(exporter_.WaitForSpans(1));
  const auto entry = exporter_.entries().at(0);
  EXPECT_EQ(entry.context.tenant.name(), "shop");
  EXPECT_EQ(entry.batch->wire().at(0).view(), testing::OneSpanRequest("a"));
  ASSERT_TRUE(entry.batch->received().has_value());
  EXPECT_EQ(entry.batch->received()->compression, base::Compression::kGzip);
}

TEST_F(LogFollowerTest, CommitsOnlyWhatWasDelivered) {
  const log::Appended first = testing::AppendSpan(log_, kPipeline, "a");
  testing::AppendSpan(log_, "traces/other", "x");
  const log::Appended third = testing::AppendSpan(log_, kPipeline, "b");
  StartFollower();
  ASSERT_TRUE(exporter_.WaitForSpans(2));

  StopFollower();
  EXPECT_EQ(Committed(), first.begin);

  exporter_.ReleaseDeliveries();
  StartFollower();
  ASSERT_TRUE(exporter_.WaitForSpans(4));
  exporter_.ReleaseDeliveries();
  EXPECT_TRUE(WaitForCommit(third.end));
}

TEST_F(LogFollowerTest, ACrashReplaysWhatWasNotCommitted) {
  testing::AppendSpan(log_, kPipeline, "a");
  testing::AppendSpan(log_, kPipeline, "b");
  StartFollower();
  ASSERT_TRUE(exporter_.WaitForSpans(2));
  follower_->StopReading();
  follower_.reset();  // without Finish: nothing is committed any more

  StartFollower();

  ASSERT_TRUE(exporter_.WaitForSpans(4));
  EXPECT_EQ(NamesSeen(), "abab");
}

TEST_F(LogFollowerTest, OverloadWaitsAndLosesNothing) {
  exporter_.FailNext(5, {Code::kUnavailable, "sending queue is full"});
  testing::AppendSpan(log_, kPipeline, "a");
  const log::Appended last = testing::AppendSpan(log_, kPipeline, "b");

  StartFollower();

  EXPECT_TRUE(AdvanceUntil([&] { return exporter_.WaitForSpans(2, milliseconds(2)); }));
  EXPECT_EQ(NamesSeen(), "ab");
  EXPECT_EQ(exporter_.refused_count(), 5u);
  EXPECT_EQ(host_.metrics().Sum("clew_follower_retries_total"), 5);
  exporter_.ReleaseDeliveries();
  EXPECT_TRUE(WaitForCommit(last.end));
}

TEST_F(LogFollowerTest, RetryAfterIsHeeded) {
  exporter_.FailNext(1, {Code::kResourceExhausted, "slow down", seconds(30)});
  testing::AppendSpan(log_, kPipeline, "a");
  StartFollower();
  ASSERT_TRUE(exporter_.WaitForRefusals(1));

  std::optional<Nanos> wake;
  while (!wake) {
    wake = host_.manual_clock.NextWake();
    std::this_thread::yield();
  }
  EXPECT_GE(*wake - host_.manual_clock.Monotonic(), Nanos(seconds(29)));
}

TEST_F(LogFollowerTest, StopEndsTheWaitAndKeepsTheRecord) {
  exporter_.FailAlways({Code::kUnavailable, "down"});
  const log::Appended first = testing::AppendSpan(log_, kPipeline, "a");
  StartFollower();
  ASSERT_TRUE(exporter_.WaitForRefusals(1));

  StopFollower();

  EXPECT_EQ(Committed(), first.begin);
  EXPECT_EQ(host_.metrics().Sum("clew_follower_dropped_spans_total"), 0);
}

TEST_F(LogFollowerTest, WhatIsRefusedForGoodIsDroppedAndCounted) {
  exporter_.FailNext(1, {Code::kInvalidArgument, "no"});
  testing::AppendSpan(log_, kPipeline, "a");
  const log::Appended last = testing::AppendSpan(log_, kPipeline, "b");

  StartFollower();

  ASSERT_TRUE(exporter_.WaitForSpans(1));
  exporter_.ReleaseDeliveries();
  EXPECT_TRUE(WaitForCommit(last.end));
  EXPECT_EQ(NamesSeen(), "b");
  EXPECT_EQ(host_.metrics().Sum("clew_follower_dropped_spans_total"), 1);
}

TEST_F(LogFollowerTest, ABrokenRecordDoesNotHoldUpTheRest) {
  log::Record broken;
  broken.pipeline = kPipeline;
  broken.body = Bytes("\xff\xff\xff");
  ASSERT_TRUE(log_.Append(broken).Wait().has_value());
  const log::Appended last = testing::AppendSpan(log_, kPipeline, "b");

  StartFollower();

  ASSERT_TRUE(exporter_.WaitForSpans(1));
  exporter_.ReleaseDeliveries();
  EXPECT_TRUE(WaitForCommit(last.end));
}

TEST_F(LogFollowerTest, WhatIsGivenBackIsOfferedAgain) {
  testing::AppendSpan(log_, kPipeline, "a");
  const log::Appended last = testing::AppendSpan(log_, kPipeline, "b");
  StartFollower();
  ASSERT_TRUE(exporter_.WaitForSpans(2));

  exporter_.entries().at(0).context.delivery->Abandon();
  exporter_.ReleaseDeliveries();

  ASSERT_TRUE(AdvanceUntil([&] { return exporter_.WaitForSpans(3, milliseconds(2)); }));
  EXPECT_EQ(NamesSeen(), "aba");
  exporter_.ReleaseDeliveries();
  EXPECT_TRUE(WaitForCommit(last.end));
}

TEST_F(LogFollowerTest, ManySmallRecordsAreBoundedByTheirBytesAlone) {
  constexpr std::size_t kMany = 20'000;
  for (std::size_t i = 0; i < kMany; ++i) testing::AppendSpan(log_, kPipeline, "a");

  StartFollower();

  EXPECT_TRUE(exporter_.WaitForSpans(kMany));
  EXPECT_GE(host_.memory().account(base::MemoryUse::kFollowers).used(), kMany * 1024)
      << "what is noted of each counts";
}

TEST_F(LogFollowerTest, WhatTheStoreHasTakesNoMemoryHereAndHoldsThePosition) {
  testing::AppendSpan(log_, "traces/other", "x");
  const log::Position first = testing::AppendSpan(log_, kPipeline, "a").begin;
  for (int i = 0; i < 9; ++i) testing::AppendSpan(log_, kPipeline, "a");
  in_flight_bytes_max_ = 2000;
  StoringConsumer store;
  StartFollower(store);
  ASSERT_TRUE(store.WaitForBatches(10));

  StopFollower();
  EXPECT_EQ(Committed(), first);
  EXPECT_EQ(host_.memory().account(base::MemoryUse::kFollowers).used(), 0u);
}

TEST_F(LogFollowerTest, NoMoreBytesThanTheLimitAreOnTheirWay) {
  testing::AppendSpan(log_, kPipeline, "a");
  for (int i = 0; i < 49; ++i) testing::AppendSpan(log_, kPipeline, "a");
  in_flight_bytes_max_ = 4000;  // 1024 for each record, and its body
  StartFollower();
  EXPECT_EQ(SpansSeenAfterRounds(4), 4u);
  const base::MemoryAccount& account = host_.memory().account(base::MemoryUse::kQueues);
  EXPECT_GT(account.used(), 4000U);

  exporter_.ReleaseDeliveries();

  EXPECT_TRUE(exporter_.WaitForSpans(8));
  StopFollower();
  exporter_.ReleaseDeliveries();
  EXPECT_EQ(account.used(), 0U);
}

TEST_F(LogFollowerTest, WithoutMemoryForQueuesItWaitsWithOneRecord) {
  base::MemoryAccount& account = host_.memory().account(base::MemoryUse::kQueues);
  ASSERT_TRUE(account.TryTake(account.limit()));
  testing::AppendSpan(log_, kPipeline, "a");
  for (int i = 0; i < 4; ++i) testing::AppendSpan(log_, kPipeline, "a");
  StartFollower();
  EXPECT_EQ(SpansSeenAfterRounds(1), 1u);
  EXPECT_EQ(log_.read_count(), 1u) << "reads and unpacks the same record again and again";

  account.GiveBack(account.limit());

  EXPECT_TRUE(exporter_.WaitForSpans(5));
}

TEST_F(LogFollowerTest, FollowersLeaveHalfOfTheQueuesMemoryToOthers) {
  const auto limit = host_.memory().Limit(1u << 20);  // 128 KiB for queues
  base::MemoryAccount& queues = host_.memory().account(base::MemoryUse::kQueues);
  testing::AppendSpan(log_, kPipeline, "a");
  for (int i = 0; i < 999; ++i) testing::AppendSpan(log_, kPipeline, "a");
  StartFollower();
  const base::MemoryAccount& followers = host_.memory().account(base::MemoryUse::kFollowers);
  while (queues.limit() / 2 - followers.used() > 2048) std::this_thread::yield();

  EXPECT_LT(SpansSeenAfterRounds(50), 500u);
  EXPECT_LE(followers.used(), queues.limit() / 2);
  EXPECT_TRUE(queues.TryTake(queues.limit() / 2));

  while (exporter_.span_count() < 1000) {
    const std::size_t seen = exporter_.span_count();
    exporter_.ReleaseDeliveries();
    ASSERT_TRUE(exporter_.WaitForSpans(seen + 1));
  }
  StopFollower();
  exporter_.ReleaseDeliveries();
  EXPECT_EQ(followers.used(), 0u);
}

TEST_F(LogFollowerTest, OneThatIsStuckLeavesTheOthersTheirShare) {
  const auto limit = host_.memory().Limit(1u << 20);  // 64 KiB for followers
  base::MemoryAccount& account = host_.memory().account(base::MemoryUse::kFollowers);
  follower_count_ = 4;
  testing::AppendSpan(log_, kPipeline, "a");
  for (int i = 0; i < 99; ++i) testing::AppendSpan(log_, kPipeline, "a");
  StartFollower();  // whose exporter holds what it gets

  const std::size_t seen = SpansSeenAfterRounds(10);
  EXPECT_LT(seen, 17u);
  EXPECT_LE(account.used(), account.limit() / 4);

  LogFollower::Options options;
  options.way = {kPipeline, "other"};
  options.follower_count = follower_count_;
  testing::RecordingConsumer exporter;  // holds it, too
  LogFollower other(options, log_, codec_, exporter, *stop_, host_);
  ASSERT_TRUE(other.Register({}).has_value());
  other.Start();
  EXPECT_TRUE(exporter.WaitForSpans(seen)) << "as many at a time";
  other.StopReading();
  exporter.ReleaseDeliveries();
  other.Finish();
}

TEST_F(LogFollowerTest, WhatAnExporterHasFromTheOneBeforeCountsInItsShare) {
  const auto limit = host_.memory().Limit(1u << 20);  // 64 KiB for followers
  follower_count_ = 4;
  for (int i = 0; i < 100; ++i) testing::AppendSpan(log_, kPipeline, "a");
  StartFollower();  // whose exporter holds what it gets
  const std::size_t seen = SpansSeenAfterRounds(10);
  follower_->StopReading();
  earlier_ = follower_->OnTheirWay();
  StopFollower();

  StartFollower();

  EXPECT_EQ(SpansSeenAfterRounds(seen + 1), seen + 1) << "one may always be on its way";
  exporter_.ReleaseDeliveries();
  EXPECT_TRUE(exporter_.WaitForSpans(2 * seen)) << "now it has its share";
}

TEST_F(LogFollowerTest, ItSaysWhenItHasNoRoomForMore) {
  const auto limit = host_.memory().Limit(1u << 20);
  follower_count_ = 4;
  testing::AppendSpan(log_, kPipeline, "a");
  StartFollower();
  SpansSeenAfterRounds(1);
  EXPECT_EQ(full_count_, 0);
  for (int i = 0; i < 99; ++i) testing::AppendSpan(log_, kPipeline, "a");

  SpansSeenAfterRounds(10);

  EXPECT_GT(full_count_, 0);
}

TEST_F(LogFollowerTest, TwoOfAPipelineHaveOneBatchOfARecord) {
  SharedBatches shared;
  testing::AppendSpan(log_, kPipeline, "a");
  StopSignal stop;
  std::array<testing::RecordingConsumer, 2> exporters;
  std::vector<std::unique_ptr<LogFollower>> followers;
  for (testing::RecordingConsumer& exporter : exporters) {
    LogFollower::Options options;
    options.way = {kPipeline, std::to_string(followers.size())};
    options.shared_batches = &shared;
    followers.push_back(
        std::make_unique<LogFollower>(options, log_, codec_, exporter, stop, host_));
    ASSERT_TRUE(followers.back()->Register({}).has_value());
    followers.back()->Start();
    ASSERT_TRUE(exporter.WaitForSpans(1));
  }
  EXPECT_EQ(exporters[0].entries()[0].batch, exporters[1].entries()[0].batch);
  stop.Stop();
  for (testing::RecordingConsumer& exporter : exporters) exporter.ReleaseDeliveries();
}

TEST_F(LogFollowerTest, ARecordLargerThanItsShareGoesAlone) {
  const auto limit = host_.memory().Limit(1u << 20);
  follower_count_ = 100;  // 655 bytes each
  testing::AppendSpan(log_, kPipeline, "a");
  for (int i = 0; i < 9; ++i) testing::AppendSpan(log_, kPipeline, "a");
  StartFollower();
  EXPECT_EQ(SpansSeenAfterRounds(1), 1u);

  for (std::size_t seen = 1; seen < 10; ++seen) {
    exporter_.ReleaseDeliveries();
    ASSERT_TRUE(exporter_.WaitForSpans(seen + 1));
  }
}

TEST_F(LogFollowerTest, OneThatIsNewBeginsWhereItIsToldAndOneThatIsKnownDoesNot) {
  testing::AppendSpan(log_, kPipeline, "a");
  begin_of_new_ = testing::AppendSpan(log_, kPipeline, "b").begin;
  StartFollower();
  ASSERT_TRUE(exporter_.WaitForSpans(1));
  StopFollower();
  EXPECT_EQ(Committed(), begin_of_new_);
  begin_of_new_ = log_.end();

  StartFollower();

  ASSERT_TRUE(exporter_.WaitForSpans(2));
  EXPECT_EQ(NamesSeen(), "bb");
}

TEST_F(LogFollowerTest, ABodyThatUnpacksToHundredsOfMegabytesIsDelivered) {
  // Spaces in an unknown field: a small body, as a sender may find it clever to send.
  std::string body = testing::OneSpanRequest("a");
  const std::size_t padding = 300u << 20;
  body += "\x7a";  // field 15, bytes
  for (std::size_t rest = padding; rest > 0; rest >>= 7) {
    body += static_cast<char>((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
  }
  body.append(padding, ' ');
  log::Record record;
  record.pipeline = kPipeline;
  record.compression = base::Compression::kZstd;
  record.body = Bytes(*base::Compress(base::Compression::kZstd, body));
  ASSERT_TRUE(log_.Append(record).Wait().has_value());

  StartFollower();

  EXPECT_TRUE(exporter_.WaitForSpans(1));
}

/// The same over the log of files: what was not delivered comes back after everything was closed.
TEST(LogFollowerOnFiles, GoesOnWhereItWasAfterARestart) {
  testing::FakeHost host;
  wire::otlp::OtlpCodec codec{wire::otlp::DecodeLimits{}};
  testing::RecordingConsumer exporter;
  log::LocalLogOptions log_options;
  const base::testing::TestFolder folder;
  log_options.directory = folder.path();
  log_options.group_commit_delay = Nanos(0);  // the clock stands still
  LogFollower::Options options;
  options.way = {"traces", "otlp"};
  const auto run = [&](const std::vector<std::string>& names, std::size_t span_count) {
    auto log = log::OpenLocalLog(log_options, host.clock(), host.metrics());
    ASSERT_TRUE(log.has_value()) << log.error().message;
    for (const std::string& name : names) {
      log::Record record;
      record.pipeline = "traces";
      record.body = Bytes(testing::OneSpanRequest(name));
      ASSERT_TRUE((*log)->Append(record).Wait().has_value());
    }
    StopSignal stop;
    LogFollower follower(options, **log, codec, exporter, stop, host);
    ASSERT_TRUE(follower.Register({}).has_value());
    follower.Start();
    ASSERT_TRUE(exporter.WaitForSpans(span_count));
    follower.StopReading();
    // The first record ever is delivered; the others are given back.
    std::vector<testing::RecordingConsumer::Entry> entries = exporter.entries();
    for (std::size_t i = 1; i < entries.size(); ++i) {
      if (entries[i].context.delivery) entries[i].context.delivery->Abandon();
    }
    entries.clear();
    exporter.ReleaseDeliveries();
    follower.Finish();
  };

  run({"a", "b"}, 2);
  run({}, 3);

  const auto entries = exporter.entries();
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[1].batch->wire().at(0).view(), entries[2].batch->wire().at(0).view());
}

}  // namespace
}  // namespace clew::pipeline
