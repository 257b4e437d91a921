#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "storage/block_writer.h"
#include "storage/test_block_writer.h"

/// Blocks laid aside on disk that cannot be read there: what a flush says of them, and what they
/// leave.
namespace clew::storage {
namespace {

using LostCopiesTest = testing::BlockWriterTest;
using testing::DiskFull;
using testing::FaultyObjectStore;
using testing::TestStore;

std::string Nothing(const std::string&) { return ""; }

TEST_F(LostCopiesTest, AFlushTellsOfWhatReturnsToTheHeadBehindIt) {
  // Each round deletes what it may before it writes: in a flush, when all is sealed.
  std::atomic<bool> is_due = false;
  const std::thread::id tester = std::this_thread::get_id();
  waiting_.on_delete = [&](const std::string&) {
    if (std::this_thread::get_id() != tester || !is_due.exchange(false)) return;
    store_.log.failing_reads = 0;
    store_.PassTimeUntil([&] { return store_.storage().lost_waiting_count() == 0; });
  };
  AppendUntilSpilled();
  PutInPlaceOfOne(Nothing);
  waiting_.Fail(FaultyObjectStore::Call::kDelete, {Code::kUnavailable, "read-only", {}});
  store_.log.read_error = Error{Code::kUnavailable, "input/output", {}};
  store_.log.fails_before_visit = true;
  store_.log.failing_reads = 1'000'000;
  store_.objects.Mend();
  EXPECT_FALSE(store_.storage().Flush().has_value());
  ASSERT_EQ(store_.storage().lost_waiting_count(), 1u);

  is_due = true;
  const Status flushed = store_.storage().Flush();

  EXPECT_FALSE(is_due);
  ASSERT_FALSE(flushed.has_value());
  EXPECT_EQ(flushed.error().code, Code::kDataLoss);
  ASSERT_TRUE(store_.storage().Flush().has_value());
  EXPECT_EQ(store_.storage().facts().block_span_count, unsigned{kMany});
  ExpectEachOnce(kMany);
}

TEST_F(LostCopiesTest, WhatATryLeftWhereBlocksBelongGoesBeforeTheCopyIsGivenUp) {
  AppendUntilSpilled();
  store_.objects.Mend();
  // Put, but neither read back nor deleted.
  store_.objects.Fail(FaultyObjectStore::Call::kTail, {Code::kInternal, "input/output", {}});
  store_.objects.Fail(FaultyObjectStore::Call::kDelete, {Code::kUnavailable, "read-only", {}});
  EXPECT_FALSE(store_.storage().Flush().has_value());
  const std::vector<ObjectInfo> left = store_.objects.List(kBlockPrefix).value();
  const auto has_copy = [&](const ObjectInfo& one) { return waiting_.Stat(one.name).has_value(); };
  const auto one = std::ranges::find_if(left, has_copy);
  ASSERT_NE(one, left.end());
  ASSERT_TRUE(waiting_.Delete(one->name).has_value());

  // Until each was tried again.
  for (int i = 0; i < 6; ++i) EXPECT_FALSE(store_.storage().Flush().has_value());
  EXPECT_EQ(store_.metrics.Sum("clew_storage_lost_waiting_copies"), 0);
  store_.objects.Mend();
  ASSERT_TRUE(Eventually([&] { return store_.storage().Flush().has_value(); }));

  EXPECT_EQ(store_.metrics.Sum("clew_storage_lost_waiting_copies"), 1);
  EXPECT_EQ(store_.objects.List(kBlockPrefix)->size(), store_.storage().facts().block_count);
  EXPECT_EQ(store_.storage().facts().block_span_count, unsigned{kMany});
  store_.Restart();
  ExpectEachOnce(kMany);
}

TEST_F(LostCopiesTest, WhereOneWasLostNoMoreIsLaidAsideForAWhile) {
  store_.options.waiting_bytes_max = 8u << 20;
  AppendUntilSpilled();
  PutInPlaceOfOne(Nothing);
  store_.objects.Mend();
  EXPECT_FALSE(store_.storage().Flush().has_value());
  ASSERT_TRUE(Eventually([&] { return store_.storage().Flush().has_value(); }));

  store_.objects.Fail(FaultyObjectStore::Call::kPut, DiskFull());
  AppendUntilRefused();
  EXPECT_EQ(store_.storage().facts().spilled_block_count, 0u);

  store_.clock.Advance(std::chrono::minutes(1));
  EXPECT_FALSE(store_.storage().Maintain().has_value());
  EXPECT_GT(store_.storage().facts().spilled_block_count, 0u);
}

TEST_F(LostCopiesTest, WhatIsFoundInACopyThatIsStillReadIsNoDamageOfItsBlock) {
  AppendUntilSpilled();
  const std::string name = waiting_.List(kBlockPrefix)->front().name;
  std::vector<scan::SpanSourcePtr> readers = store_.storage().Sources({});
  store_.objects.Mend();
  ASSERT_TRUE(store_.storage().Flush().has_value());

  store_.storage().ReportUnreadable(name, base::DataLoss("page 1").error());
  EXPECT_EQ(store_.metrics.Sum("clew_storage_damaged_blocks"), 0);

  readers.clear();
  store_.storage().ReportUnreadable(name, base::DataLoss("page 1").error());
  EXPECT_EQ(store_.metrics.Sum("clew_storage_damaged_blocks"), 1);
}

/// A writer of one block, which lies on disk, without a store.
class LostCopyOfWriterTest : public ::testing::Test {
 protected:
  LostCopyOfWriterTest() {
    store_.AppendSpans(1);
    auto block = std::make_unique<WaitingBlock>();
    block->name = BlockName({}, store_.clock.Now(), 1);
    block->meta.created_at = store_.clock.Now();
    block->meta.log_ranges = {{{0}, {10}}};
    const auto columns = store_.storage().Sources({}).front()->ReadAll(scan::ReadExtent::kAll);
    block->groups.push_back(std::make_shared<const RowGroup>(BuildRowGroup({columns.value()}, {})));
    block->byte_size = waiting_bytes_ = 1000;
    block->contents = std::make_shared<Contents>();
    writer_->Add(std::move(block));
    EXPECT_TRUE(writer_->SpillExcess());
  }
  Status WriteAll() {
    writer_->BeginRound(/*is_retry=*/true);
    return writer_->WriteAll(/*returned_before=*/0);
  }

  TestStore store_;
  FaultyObjectStore objects_;
  FaultyObjectStore waiting_;
  base::Metrics metrics_;
  ScanCache cache_{1 << 20, metrics_};
  const BlockReading reading_{objects_, cache_, cache_};
  std::atomic<std::uint64_t> waiting_bytes_ = 0;
  Status before_block_;
  const std::shared_ptr<BlockWriter> writer_ = std::make_shared<BlockWriter>(
      BlockWriter::Surroundings{.reading = reading_,
                                .clock = store_.clock,
                                .waiting_bytes = waiting_bytes_,
                                .before_block = [this](log::Position) { return before_block_; },
                                .on_block = [](const BlockPtr&) {},
                                .new_name = [](const BlockMeta&) { return std::string(); },
                                .bring_back = [](const BlockMeta&, const std::function<void()>&) {},
                                .failed = metrics_.Counter("failed", ""),
                                .lost_copies = metrics_.Counter("lost", "")},
      SpillOptions{.objects = &waiting_, .free_disk_bytes = {}});
};

TEST_F(LostCopyOfWriterTest, ATryThatFailsBeforeItReadsTheCopySaysNothingOfIt) {
  waiting_.Fail(FaultyObjectStore::Call::kGet, {Code::kUnavailable, "input/output", {}});
  EXPECT_FALSE(WriteAll().has_value());
  waiting_.Mend();

  before_block_ = base::NotFound("the folder of the reach is gone");
  EXPECT_EQ(WriteAll().error().code, Code::kNotFound);

  EXPECT_EQ(writer_->lost_count(), 0u);
  before_block_ = {};
  EXPECT_TRUE(WriteAll().has_value());
}

}  // namespace
}  // namespace clew::storage
