#include "storage/block_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "storage/test_block_writer.h"

/// Blocks that wait on disk to be written.
namespace clew::storage {
namespace {

using LaidAsideTest = testing::BlockWriterTest;
using testing::DiskFull;
using ::testing::ElementsAre;
using testing::FaultyObjectStore;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(LaidAsideTest, ReadersOfWhatWasLaidAsideLoseNothingWhenItIsWritten) {
  AppendUntilSpilled();
  const std::vector<scan::SpanSourcePtr> sources = store_.storage().Sources({});

  store_.objects.Mend();
  ASSERT_TRUE(store_.storage().Maintain().has_value());
  ASSERT_TRUE(store_.storage().Maintain().has_value());

  EXPECT_FALSE(waiting_.List(kBlockPrefix)->empty());
  for (const scan::SpanSourcePtr& source : sources) {
    EXPECT_TRUE(source->ReadAll(scan::ReadExtent::kAll).has_value());
  }
}

TEST_F(LaidAsideTest, WhatAnEarlierOpeningReadsStaysUntilItEnds) {
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

TEST_F(LaidAsideTest, WhatIsLaidAsideHereStaysWhenWhatAnEarlierOpeningLeftGoes) {
  ASSERT_TRUE(waiting_.PutIfAbsent("blocks/a/b.block", {"left"}).has_value());
  waiting_.is_read_elsewhere = true;
  AppendUntilSpilled();

  waiting_.is_read_elsewhere = false;
  EXPECT_FALSE(store_.storage().Maintain().has_value());

  EXPECT_FALSE(waiting_.Get("blocks/a/b.block").has_value());
  ExpectEachOnce(kMany);
  store_.objects.Mend();
  ASSERT_TRUE(store_.storage().Flush().has_value());
  ExpectEachOnce(kMany);
  EXPECT_EQ(store_.storage().facts().block_span_count, unsigned{kMany});
}

TEST_F(LaidAsideTest, WhatAnEarlierOpeningLeftGoesAlsoWhenNothingMayWaitAnyMore) {
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

TEST_F(LaidAsideTest, WhatCannotBeDeletedOnDiskCountsAndIsTriedAgain) {
  store_.options.waiting_bytes_max = 2u << 20;
  Open(nullptr);
  store_.objects.Fail(FaultyObjectStore::Call::kPut, DiskFull());
  AppendUntilRefused();
  waiting_.Fail(FaultyObjectStore::Call::kDelete, {Code::kUnavailable, "read-only", {}});
  store_.objects.Mend();
  ASSERT_TRUE(store_.storage().Flush().has_value());
  ASSERT_TRUE(store_.storage().Maintain().has_value());
  EXPECT_GT(WaitingBytes(), 1u << 20);
  EXPECT_EQ(store_.metrics.Sum("clew_storage_spilled_bytes"), 0);
  EXPECT_EQ(store_.metrics.Sum("clew_storage_waiting_disk_bytes"), WaitingBytes());

  store_.objects.Fail(FaultyObjectStore::Call::kPut, DiskFull());
  AppendUntilRefused();
  EXPECT_LE(WaitingBytes(), 2u << 20);

  waiting_.Mend();
  store_.objects.Mend();
  ASSERT_TRUE(store_.storage().Flush().has_value());
  ASSERT_TRUE(store_.storage().Maintain().has_value());
  EXPECT_EQ(WaitingBytes(), 0u);
  EXPECT_EQ(store_.metrics.Sum("clew_storage_waiting_disk_bytes"), 0);
}

TEST_F(LaidAsideTest, WhatIsLongerOnDiskThanItWasIsDamaged) {
  AppendUntilSpilled();
  PutInPlaceOfOne([](const std::string& bytes) { return bytes + "more"; });
  store_.objects.Mend();

  EXPECT_EQ(store_.storage().Flush().error().code, Code::kDataLoss);
}

TEST_F(LaidAsideTest, WhatIsDamagedOnDiskIsToldAndReadAgainFromTheLog) {
  AppendUntilSpilled();
  PutInPlaceOfOne([](std::string bytes) {
    bytes[bytes.size() / 2] ^= 1;
    return bytes;
  });
  store_.log.read_error = Error{Code::kUnavailable, "input/output", {}};
  store_.log.fails_before_visit = true;
  store_.log.failing_reads = 1'000'000;
  store_.objects.Mend();

  ::testing::internal::CaptureStderr();
  EXPECT_EQ(store_.storage().Flush().error().code, Code::kDataLoss);
  EXPECT_FALSE(store_.storage().Flush().has_value());
  EXPECT_TRUE(Eventually([&] { return store_.metrics.Sum("clew_storage_replay_failures") > 0; }));
  const std::string log = ::testing::internal::GetCapturedStderr();

  EXPECT_THAT(log, HasSubstr("cannot be read there"));
  EXPECT_EQ(log.find("cannot be read there"), log.rfind("cannot be read there")) << log;
  EXPECT_EQ(store_.metrics.Sum("clew_storage_lost_waiting_blocks"), 1);
  EXPECT_EQ(store_.metrics.Sum("clew_storage_lost_waiting_copies"), 1);
  EXPECT_EQ(store_.storage().lost_waiting_count(), 1u);
  EXPECT_THAT(store_.storage().LeftOut({}), ElementsAre(HasSubstr("the log behind position"),
                                                        HasSubstr("is read again from the log")));
  EXPECT_EQ(store_.storage().facts().spilled_block_count, 1u) << "the others are written";
  EXPECT_LT(store_.log.Committed(kStorageConsumer), store_.log.end());

  store_.log.failing_reads = 0;
  store_.PassTimeUntil([&] { return store_.storage().lost_waiting_count() == 0; });

  EXPECT_TRUE(store_.storage().LeftOut({}).empty());
  ASSERT_TRUE(store_.storage().Flush().has_value());
  ExpectEachOnce(kMany);
  EXPECT_EQ(store_.storage().facts().block_span_count, unsigned{kMany});
  EXPECT_EQ(store_.log.Committed(kStorageConsumer), store_.log.end());
  EXPECT_EQ(store_.metrics.Sum("clew_storage_lost_waiting_blocks"), 0);
  EXPECT_EQ(store_.metrics.Sum("clew_storage_lost_waiting_copies"), 1);
  ASSERT_TRUE(store_.storage().Maintain().has_value());
  EXPECT_TRUE(waiting_.List(kBlockPrefix)->empty());
}

TEST_F(LaidAsideTest, WhatIsGoneOnDiskIsReadAgainFromTheLogAndACrashMeanwhileLosesNothing) {
  AppendUntilSpilled();
  PutInPlaceOfOne([](const std::string&) { return ""; });
  store_.objects.Mend();
  EXPECT_FALSE(store_.storage().Flush().has_value());
  ASSERT_TRUE(Eventually([&] { return store_.storage().lost_waiting_count() == 0; }));
  ExpectEachOnce(kMany);

  store_.Restart();

  ExpectEachOnce(kMany);
  ASSERT_TRUE(store_.storage().Flush().has_value());
  ExpectEachOnce(kMany);
}

TEST_F(LaidAsideTest, WhatTheLogHasLostOfIt) {
  AppendUntilSpilled();
  PutInPlaceOfOne([](const std::string&) { return ""; });
  store_.log.lost.Add({{0}, store_.log.end(), "segment 0"});
  store_.objects.Mend();

  EXPECT_FALSE(store_.storage().Flush().has_value());
  ASSERT_TRUE(Eventually([&] { return store_.storage().lost_waiting_count() == 0; }));

  EXPECT_THAT(store_.storage().LeftOut({}), ElementsAre(HasSubstr("segment 0")));
  const double lost = store_.metrics.Sum("clew_storage_lost_log_bytes");
  EXPECT_GT(lost, 0);
  EXPECT_LT(lost, static_cast<double>(store_.log.end().offset)) << "of that block alone";
}

TEST_F(LaidAsideTest, WhatProcessorsHandedOnIsGivenBackWhenItCannotBeRead) {
  Open(nullptr);
  store_.objects.Fail(FaultyObjectStore::Call::kPut, DiskFull());
  log::DeliveryTracker followed;
  for (std::uint64_t i = 0; store_.storage().facts().spilled_block_count == 0; ++i) {
    ASSERT_TRUE(Eventually([&] {
      return store_.Add(LargeData(static_cast<int>(i)), followed.Begin({10 * i})).has_value();
    }));
  }
  EndSpilling();
  const int gone_count = static_cast<int>(waiting_.List(kBlockPrefix)->size());
  for (int i = 0; i < gone_count; ++i) {
    PutInPlaceOfOne([](const std::string&) { return ""; });
  }
  store_.objects.Mend();

  EXPECT_FALSE(store_.storage().Flush().has_value());

  ASSERT_TRUE(Eventually([&] { return store_.storage().lost_waiting_count() == 0; }));
  EXPECT_TRUE(followed.FirstAbandoned().has_value());
  ASSERT_TRUE(store_.storage().Flush().has_value());
  EXPECT_EQ(followed.in_flight_count(), 0u);
}

TEST_F(LaidAsideTest, ADiskThatCannotBeReadSaysNothingOfWhereBlocksBelongAndIsGivenUp) {
  waiting_.on_get = [this] { ++asked_count_; };
  AppendUntilSpilled();
  const std::uint64_t spilled_count = store_.storage().facts().spilled_block_count;
  ASSERT_GT(spilled_count, 1u);
  waiting_.Fail(FaultyObjectStore::Call::kGet, {Code::kUnavailable, "input/output", {}});
  store_.objects.Mend();
  asked_count_ = 0;

  // Beside which nobody reads: two at once might both be the last.
  EXPECT_EQ(store_.storage().Maintain().error().code, Code::kUnavailable);
  EXPECT_EQ(asked_count_, std::min<std::uint64_t>(spilled_count, 32)) << "one after the other";

  EXPECT_TRUE(Eventually([&] { return store_.storage().Flush().has_value(); }));
  ExpectEachOnce(kMany);
  EXPECT_GE(store_.metrics.Sum("clew_storage_lost_waiting_copies"), spilled_count);
}

TEST_F(LaidAsideTest, AQueryThatCannotReadWhatIsLaidAsideSaysWhereItIs) {
  AppendUntilSpilled();
  const std::string name = waiting_.List(kBlockPrefix)->front().name;

  ::testing::internal::CaptureStderr();
  store_.storage().ReportUnreadable(name, base::DataLoss("page 1").error());
  store_.storage().ReportUnreadable(name, base::DataLoss("page 2").error());
  const std::string log = ::testing::internal::GetCapturedStderr();

  EXPECT_THAT(log, HasSubstr("waits on disk to be written cannot be read"));
  EXPECT_EQ(log.find(name), log.rfind(name)) << log;
  EXPECT_EQ(store_.metrics.Sum("clew_storage_damaged_blocks"), 0) << "no block where it belongs";
  EXPECT_EQ(store_.metrics.Sum("clew_storage_unreadable_sources"), 2);
}

TEST_F(LaidAsideTest, WhereNothingCanBeLaidAsideTheHeadIsFullAndThatIsTold) {
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

TEST_F(LaidAsideTest, NoMoreIsLaidAsideThanMayBe) {
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

TEST_F(LaidAsideTest, TheReserveOfTheDiskStaysFree) {
  // Twice: at the reserve itself retention deletes.
  store_.options.waiting_disk_reserve_bytes = 1u << 30;
  store_.options.retention.free_disk_bytes = [] { return (1u << 30) + (512u << 20); };
  Open(nullptr);
  store_.objects.Fail(FaultyObjectStore::Call::kPut, DiskFull());
  for (int i = 0; AppendLarge(i).has_value(); ++i) continue;
  EXPECT_FALSE(store_.storage().Maintain().has_value());

  EXPECT_EQ(store_.storage().facts().spilled_block_count, 0u);
}

}  // namespace
}  // namespace clew::storage
