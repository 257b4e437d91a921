#include "storage/storage.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>
#include <tuple>

#include "storage/testing/test_store.h"
#include "wire/otlp/encode.h"

namespace clew::storage {
namespace {

using ::testing::ElementsAre;
using testing::FaultyObjectStore;
using ::testing::HasSubstr;
using testing::MakeData;
using testing::OneSpan;
using testing::SpanSpec;
using testing::TestStore;

// Random text, which sealing makes hardly smaller.
model::TraceData LargeSpan() {
  static base::SeededRandom random(7);
  std::string text;
  for (int i = 0; i < 2000; ++i) text += fmt::format("{:x}", random.Next());
  return MakeData({{.trace = "1", .span = "1", .service = "shop", .name = std::move(text)}});
}

Error DiskFull() { return {Code::kResourceExhausted, "no space left on device", {}}; }

TEST(Storage, AnAcknowledgedBatchIsThereAtOnce) {
  TestStore store;

  ASSERT_TRUE(store.Append(OneSpan(0)).has_value());

  EXPECT_EQ(store.SpanCount(), 1u);
}

TEST(Storage, WhatTheLogRefusesIsNotSearchable) {
  TestStore store;
  store.log.append_error = Error{Code::kResourceExhausted, "full", std::chrono::seconds(3)};

  const Status status = store.Append(OneSpan(0));

  ASSERT_FALSE(status.has_value());
  EXPECT_TRUE(status.error().is_retryable());
  EXPECT_EQ(store.SpanCount(), 0u);
  store.log.append_error.reset();
  EXPECT_TRUE(store.Append(OneSpan(0)).has_value());
}

/// Of a pipeline's follower: one record on its way.
struct Followed {
  log::DeliveryTracker tracker;
  pipeline::DeliveryTokenPtr token = tracker.Begin({10}, base::MemoryHold());
};

TEST(Storage, WhatProcessorsHandOnIsFoundAtOnceAndHeldUntilABlockHasIt) {
  TestStore store;
  Followed followed;
  EXPECT_TRUE(followed.tracker.holds_memory());

  ASSERT_TRUE(store.Add(OneSpan(0), std::move(followed.token)).has_value());

  EXPECT_EQ(store.SpanCount(), 1u);
  EXPECT_EQ(store.log.end(), log::Position()) << "it lies in the log already";
  EXPECT_EQ(followed.tracker.Watermark({20}), log::Position{10});
  EXPECT_FALSE(followed.tracker.holds_memory()) << "it counts as the head's";
  ASSERT_TRUE(store.storage().Flush().has_value());
  EXPECT_EQ(followed.tracker.Watermark({20}), log::Position{20});
  EXPECT_EQ(store.storage().facts().block_span_count, 1u);
  store.Restart();
  EXPECT_EQ(store.SpanCount(), 1u);
}

TEST(Storage, WhatProcessorsHandedOnAndNoBlockHasIsGivenBack) {
  TestStore store;
  Followed followed;
  ASSERT_TRUE(store.Add(OneSpan(0), std::move(followed.token)).has_value());

  store.Restart();

  EXPECT_EQ(store.SpanCount(), 0u) << "its follower offers it again";
  EXPECT_EQ(followed.tracker.FirstAbandoned(), log::Position{10});
}

TEST(Storage, AFullHeadRefusesWhatProcessorsHandOn) {
  StorageOptions options;
  options.head_bytes_max = 1;
  TestStore store(options);
  store.objects.Fail(FaultyObjectStore::Call::kPut, DiskFull());  // else a full head is sealed
  ASSERT_TRUE(store.Append(OneSpan(0)).has_value());
  Followed followed;

  const Status refused = store.Add(OneSpan(1), followed.token);

  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(refused.error().is_retryable());
  EXPECT_TRUE(followed.tracker.holds_memory());
}

TEST(Storage, ARecordForTheFollowerIsNotReplayed) {
  TestStore store;
  ASSERT_TRUE(store.Append(OneSpan(0)).has_value());
  log::Record record = store.log.Copy().records.begin()->second;
  record.is_for_follower = true;
  ASSERT_TRUE(store.log.Append(record).Wait().has_value());

  store.Restart();

  EXPECT_EQ(store.SpanCount(), 1u);
}

TEST(Storage, ACrashLosesNothingAndDoublesNothing) {
  TestStore store;
  store.AppendSpans(100);
  store.Restart();
  EXPECT_EQ(store.SpanCount(), 100u);

  ASSERT_TRUE(store.storage().Flush().has_value());
  EXPECT_EQ(store.SpanCount(), 100u);
  EXPECT_EQ(store.storage().facts().block_span_count, 100u);
  EXPECT_EQ(store.log.Committed("storage"), store.log.end());

  store.AppendSpans(10);
  store.Restart();
  EXPECT_EQ(store.SpanCount(), 110u);
}

TEST(Storage, ACrashBetweenBlockAndCheckpointDoublesNothing) {
  TestStore store;
  store.AppendSpans(100);
  store.log.ignores_commits = true;
  ASSERT_TRUE(store.storage().Flush().has_value());
  store.AppendSpans(5);

  store.Restart();

  EXPECT_EQ(store.SpanCount(), 105u);
}

TEST(Storage, ABlockThatLostItsEndDoesNotKeepTheLogFromBeingReplayed) {
  TestStore store;
  store.AppendSpans(100);
  store.log.ignores_commits = true;
  ASSERT_TRUE(store.storage().Flush().has_value());
  const std::string name = store.objects.List(kBlockPrefix).value().at(0).name;
  const Bytes whole = store.objects.Get(name).value();
  const std::uint64_t pages_end = ReadBlockLayout(store.objects, name)->pages_end;
  ASSERT_TRUE(store.objects.Delete(name).has_value());
  ASSERT_TRUE(store.objects.PutIfAbsent(name, {whole.view().substr(0, pages_end / 2)}).has_value());

  store.Restart();

  EXPECT_EQ(store.storage().facts().fresh_span_count, 100u);
}

TEST(Storage, WhatIsNotReplayedYetStaysInTheLog) {
  TestStore store;
  store.AppendSpans(10);
  // No block can be written, so the replay waits for room after its first record.
  store.objects.Fail(FaultyObjectStore::Call::kPut, DiskFull());
  store.options.head_bytes_max = 1;
  store.Open();
  while (store.SpanCount() == 0) std::this_thread::yield();

  store.objects.Mend();
  ASSERT_TRUE(store.storage().Flush().has_value());
  store.storage().Stop();

  EXPECT_GE(store.storage().facts().block_span_count, 1u);
  store.options = {};
  store.Restart();
  EXPECT_EQ(store.SpanCount(), 10u);
}

TEST(Storage, NothingIsWrittenOnceItIsStopped) {
  TestStore store;
  store.AppendSpans(10);

  store.storage().Stop();

  EXPECT_EQ(store.storage().Flush().error().code, Code::kUnavailable);
  EXPECT_EQ(store.storage().facts().block_count, 0u);
}

TEST(Storage, ALogThatCannotBeReadForAWhileIsReplayedAllTheSame) {
  TestStore store;
  store.AppendSpans(10);
  store.log.read_error = base::Error{Code::kUnavailable, "too many open files", {}};
  store.log.failing_reads = 3;
  store.Open();

  store.PassTimeUntil([&] { return store.storage().is_ready(); });

  EXPECT_EQ(store.SpanCount(), 10u);
}

TEST(Storage, ALogThatCannotBeReadForGoodHidesOnlyWhatItHolds) {
  TestStore store;
  store.AppendSpans(5);
  ASSERT_TRUE(store.storage().Flush().has_value());
  store.AppendSpans(50);
  store.log.read_error = base::Error{Code::kInternal, "broken", {}};
  store.log.failing_reads = 1000;
  store.log.fails_before_visit = true;
  store.Open();

  store.PassTimeUntil([&] { return store.storage().is_ready(); });

  EXPECT_EQ(store.SpanCount(), 5u);
  // Whoever asks is told, also who has nothing there.
  EXPECT_THAT(store.storage().LeftOut({}), ElementsAre(HasSubstr("broken")));
  EXPECT_THAT(store.storage().LeftOut(*TenantId::Parse("other")), ElementsAre(HasSubstr("broken")));
  EXPECT_GE(store.metrics.Sum("clew_storage_replay_failures"), 10);
  EXPECT_EQ(store.metrics.Sum("clew_storage_ready"), 0);
  // Nothing that was not read is given up.
  ASSERT_TRUE(store.Append(OneSpan(100)).has_value());
  ASSERT_TRUE(store.storage().Flush().has_value());
  store.Open();
  store.PassTimeUntil([&] { return store.storage().is_ready(); });
  EXPECT_EQ(store.SpanCount(), 6u);

  store.log.failing_reads = 1;
  store.PassTimeUntil([&] { return store.SpanCount() >= 56u; });
  while (!store.storage().LeftOut({}).empty()) std::this_thread::yield();

  EXPECT_EQ(store.SpanCount(), 56u);
  EXPECT_EQ(store.metrics.Sum("clew_storage_ready"), 1);
}

TEST(Storage, ALogBegunAnewIsNotTakenForTheOldOne) {
  TestStore store;
  store.AppendSpans(100);
  ASSERT_TRUE(store.storage().Flush().has_value());
  store.clock.Advance(std::chrono::hours(1));
  store.log.BeginAnew();
  store.Restart();
  store.AppendSpans(7);

  store.Restart();

  EXPECT_EQ(store.SpanCount(), 107u);
}

TEST(Storage, AClockThatJumpsBackHidesNothingOfALogBegunAnew) {
  TestStore store;
  store.AppendSpans(100);
  ASSERT_TRUE(store.storage().Flush().has_value());
  store.clock.Advance(-std::chrono::hours(1));
  store.log.BeginAnew();
  store.Restart();
  store.AppendSpans(7);

  store.Restart();

  EXPECT_EQ(store.SpanCount(), 107u);
}

TEST(Storage, AClockThatJumpsBackBeforeABlockDoublesNothing) {
  TestStore store;
  store.AppendSpans(100);
  store.clock.Advance(-std::chrono::hours(1));
  store.log.ignores_commits = true;
  ASSERT_TRUE(store.storage().Flush().has_value());

  store.Restart();

  EXPECT_EQ(store.SpanCount(), 100u);
}

TEST(Storage, RefusesWhenTheHeadIsFull) {
  StorageOptions options;
  options.head_bytes_max = 1;
  TestStore store(options);
  store.objects.Fail(FaultyObjectStore::Call::kPut, DiskFull());
  ASSERT_TRUE(store.Append(OneSpan(0)).has_value());

  const Status status = store.Append(OneSpan(1));

  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, Code::kResourceExhausted);
  EXPECT_TRUE(status.error().is_retryable());
  store.objects.Mend();
  ASSERT_TRUE(store.storage().Flush().has_value());
  EXPECT_TRUE(store.Append(OneSpan(1)).has_value());
}

TEST(Storage, WhatWaitsForTheLogTakesRoomInTheHead) {
  StorageOptions options;
  options.head_bytes_max = 1u << 20;
  TestStore store(options);
  const wire::otlp::OtlpCodec codec(wire::otlp::DecodeLimits{});
  const auto batch =
      model::Batch::FromWire({Bytes(wire::otlp::EncodeRequest(LargeSpan()))}, 1, codec);
  std::vector<Storage::Admission> waiting;
  std::optional<Error> refusal;
  while (!refusal.has_value()) {
    Result<Storage::Admission> admitted = store.storage().Admit(*batch, {});
    if (admitted.has_value()) {
      waiting.push_back(*std::move(admitted));
    } else {
      refusal = admitted.error();
    }
  }

  EXPECT_EQ(refusal->code, Code::kResourceExhausted);
  EXPECT_TRUE(refusal->retry_after.has_value());
  waiting.clear();  // the log has refused them
  EXPECT_TRUE(store.storage().Admit(*batch, {}).has_value());
}

TEST(Storage, AFewLargeSpansMakeRoomForOthers) {
  StorageOptions options;
  options.head_bytes_max = 1u << 20;
  TestStore store(options);
  store.objects.Fail(FaultyObjectStore::Call::kPut, DiskFull());
  while (store.Append(LargeSpan()).has_value()) continue;
  store.objects.Mend();

  ASSERT_TRUE(store.storage().Maintain().has_value());

  EXPECT_GE(store.storage().facts().block_count, 1u);
  EXPECT_TRUE(store.Append(LargeSpan()).has_value());
}

TEST(Storage, ManyTenantsMakeRoomForOthers) {
  StorageOptions options;
  options.head_bytes_max = 1u << 20;
  TestStore store(options);
  store.objects.Fail(FaultyObjectStore::Call::kPut, DiskFull());
  int number = 0;
  while (store.Append(LargeSpan(), *TenantId::Parse(std::to_string(number))).has_value()) ++number;
  store.objects.Mend();

  ASSERT_TRUE(store.storage().Maintain().has_value());

  EXPECT_GT(store.storage().facts().block_count, 1u);
  EXPECT_TRUE(store.Append(LargeSpan()).has_value());
}

TEST(Storage, ATenantThatCannotBeSealedHoldsUpNobodyWhenTheHeadIsTight) {
  StorageOptions options;
  options.head_bytes_max = 1u << 20;
  TestStore store(options);
  const TenantId good = *TenantId::Parse("good");
  ASSERT_TRUE(store.Append(LargeSpan(), good).has_value());
  store.objects.Fail(FaultyObjectStore::Call::kPut, DiskFull());
  store.objects.Spare("/good/");
  // Sealing makes the others smaller, until that gives no room any more. Whoever finds the head
  // tight seals, too: a round of ours may find nothing left to do.
  const TenantId bad = *TenantId::Parse("bad");
  do {
    while (store.Append(LargeSpan(), bad).has_value()) continue;
    std::ignore = store.storage().Maintain();
  } while (store.Append(LargeSpan(), bad).has_value());

  EXPECT_EQ(store.storage().facts().block_count, 1u);
}

TEST(Storage, ManyTenantsThatCannotBeSealedDoNotTakeEveryRound) {
  TestStore store;
  const TenantId good = *TenantId::Parse("good");
  const auto parse = [](int number) { return *TenantId::Parse("bad" + std::to_string(number)); };
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(store.Append(OneSpan(i), parse(i)).has_value());
  store.clock.Advance(std::chrono::seconds(1));
  ASSERT_TRUE(store.Append(OneSpan(1000), good).has_value());
  store.objects.Fail(FaultyObjectStore::Call::kPut, DiskFull());
  store.objects.Spare("/good/");
  store.clock.Advance(std::chrono::hours(1));

  for (int round = 0; round < 4; ++round) EXPECT_FALSE(store.storage().Maintain().has_value());
  EXPECT_EQ(store.storage().facts().block_count, 1u);

  // And who can be sealed again has a turn, also when the others go on failing.
  store.objects.Spare("/bad50/");
  for (int round = 0; round < 4; ++round) EXPECT_FALSE(store.storage().Maintain().has_value());
  EXPECT_EQ(store.storage().facts().block_count, 2u);
}

TEST(Storage, ARoundInWhichAllFailEndsSoonAndIsOneLine) {
  StorageOptions options;
  options.maintenance_interval = std::chrono::hours(1);  // only as called for below
  TestStore store(options);
  store.objects.Fail(FaultyObjectStore::Call::kPut, DiskFull());
  std::atomic<int> try_count = 0;
  store.objects.on_put = [&] { ++try_count; };
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(store.Append(OneSpan(i), *TenantId::Parse(std::to_string(i))).has_value());
  }

  ::testing::internal::CaptureStderr();
  EXPECT_FALSE(store.storage().Flush().has_value());
  EXPECT_FALSE(store.storage().Maintain().has_value());
  const std::string log = ::testing::internal::GetCapturedStderr();

  EXPECT_EQ(try_count, 64);
  EXPECT_EQ(std::ranges::count(log, '\n'), 2) << log;
  EXPECT_THAT(log, HasSubstr("failures=32"));
}

TEST(Storage, TheHeadIsFullWhenNoBlockCanBeWritten) {
  StorageOptions options;
  options.head_bytes_max = 1u << 20;
  TestStore store(options);
  store.objects.Fail(FaultyObjectStore::Call::kPut, DiskFull());
  const auto fill_and_maintain = [&] {
    // The maintenance thread, which a full head wakes, may have tried everything just before.
    do {
      while (store.Append(LargeSpan()).has_value()) continue;
    } while (store.storage().Maintain().has_value());
  };
  // Sealing makes room by making the spans smaller, but not without end.
  int round_count = 0;
  do {
    fill_and_maintain();
    ASSERT_LT(++round_count, 1000);
  } while (store.Append(LargeSpan()).has_value());
  const std::uint64_t span_count = store.SpanCount();

  store.objects.Mend();
  ASSERT_TRUE(store.storage().Maintain().has_value());

  EXPECT_EQ(store.SpanCount(), span_count);
  EXPECT_TRUE(store.Append(LargeSpan()).has_value());
}

TEST(Storage, DeletesByAgeOfArrivalNotOfSpans) {
  StorageOptions options;
  options.retention.age = std::chrono::hours(1);
  TestStore store(options);
  store.AppendSpans(1);  // its times are in 1970
  ASSERT_TRUE(store.storage().Flush().has_value());
  ASSERT_TRUE(store.storage().Maintain().has_value());
  EXPECT_EQ(store.SpanCount(), 1u);

  store.clock.Advance(std::chrono::hours(2));
  ASSERT_TRUE(store.storage().Maintain().has_value());

  EXPECT_EQ(store.SpanCount(), 0u);
  EXPECT_TRUE(store.objects.List(kBlockPrefix)->empty());
}

TEST(Storage, DeletesTheOldestBlocksWhenAllAreTooLarge) {
  StorageOptions options;
  options.retention.bytes = 1;
  TestStore store(options);
  store.AppendSpans(1);
  ASSERT_TRUE(store.storage().Flush().has_value());

  ASSERT_TRUE(store.storage().Maintain().has_value());

  EXPECT_EQ(store.storage().facts().block_count, 0u);
}

TEST(Storage, ABlockThatCannotBeDeletedIsTriedAgain) {
  StorageOptions options;
  options.retention.bytes = 1;
  TestStore store(options);
  store.AppendSpans(1);
  ASSERT_TRUE(store.storage().Flush().has_value());
  store.objects.Fail(FaultyObjectStore::Call::kDelete, DiskFull());

  ASSERT_TRUE(store.storage().Maintain().has_value());

  EXPECT_EQ(store.SpanCount(), 0u);
  EXPECT_EQ(store.objects.List(kBlockPrefix)->size(), 1u);
  EXPECT_EQ(store.metrics.Sum("clew_storage_deleted_blocks"), 0);
  store.objects.Mend();
  ASSERT_TRUE(store.storage().Maintain().has_value());
  EXPECT_TRUE(store.objects.List(kBlockPrefix)->empty());
  EXPECT_EQ(store.metrics.Sum("clew_storage_deleted_blocks"), 1);
}

TEST(Storage, LeavesOutABlockThatCannotBeRead) {
  TestStore store;
  store.AppendSpans(4);
  ASSERT_TRUE(store.storage().Flush().has_value());
  ASSERT_TRUE(store.objects.PutIfAbsent("blocks/a/b.block", {"garbage"}).has_value());

  store.Restart();

  EXPECT_EQ(store.SpanCount(), 4u);
  EXPECT_EQ(store.metrics.Sum("clew_storage_quarantined_blocks"), 1);
}

TEST(Storage, KeepsTenantsApartAlsoAfterARestart) {
  const TenantId other = *TenantId::Parse("other");
  TestStore store;
  ASSERT_TRUE(store.Append(OneSpan(0)).has_value());
  ASSERT_TRUE(store.Append(OneSpan(1), other).has_value());
  ASSERT_TRUE(store.Append(OneSpan(2), other).has_value());

  store.Restart();
  EXPECT_EQ(store.SpanCount(), 1u);
  EXPECT_EQ(store.SpanCount(other), 2u);
  ASSERT_TRUE(store.storage().Flush().has_value());
  store.Restart();

  EXPECT_EQ(store.SpanCount(), 1u);
  EXPECT_EQ(store.SpanCount(other), 2u);
}

TEST(Storage, WhatLimitsCutIsTheSameBeforeAndAfterAReplay) {
  TestStore store;
  const std::string text(100'000, 'x');
  const auto data = MakeData({{.trace = "1", .span = "1", .attributes = {{"a", text}}}});
  ASSERT_TRUE(store.Append(data).has_value());
  const auto shown = [&] {
    const auto columns = store.storage().Sources({}).at(0)->ReadAll(scan::ReadExtent::kAll);
    return std::string(columns.value()->attributes.at(0).strings.front());
  };
  const std::string before = shown();
  ASSERT_LT(before.size(), text.size());

  store.Restart();

  EXPECT_EQ(shown(), before);
}

}  // namespace
}  // namespace clew::storage
