#include <gtest/gtest.h>

#include <chrono>
#include <memory>

#include "storage/format/block.h"
#include "storage/format/row_group.h"
#include "storage/testing/test_store.h"
#include "storage/testing/write_block.h"
#include "wire/otlp/scatter_objects.h"

/// Which records of the log a replay leaves out, as a block says that it has them: log identity,
/// partition and positions decide, and no time. Only where a block says of which log it is by
/// nothing else its time does.
namespace clew::storage {
namespace {

using testing::OneSpan;
using testing::TestStore;

constexpr int kRecordCount = 5;

/// A log of some records, and a block of one other span that says which records it has.
class BlockRangesTest : public ::testing::Test {
 protected:
  BlockRangesTest() {
    store_.AppendSpans(kRecordCount);
    meta_.created_at = store_.clock.Now();
    meta_.log_identity = store_.log.identity();
  }

  /// Of the log until now, as if it were of this partition.
  void SayAllOf(std::uint32_t partition) {
    meta_.log_ranges = {{{0, partition}, {store_.log.end().offset, partition}}};
  }

  /// What there is after a restart that finds the block.
  std::uint64_t CountWithBlock() {
    const model::TraceData span = OneSpan(1000);
    const auto columns = std::make_shared<const model::SpanColumns>(wire::otlp::ScatterSpans(span));
    const auto group = std::make_shared<const RowGroup>(BuildRowGroup({columns}, {}));
    EXPECT_TRUE(
        testing::WriteBlock(store_.objects, BlockName({}, meta_.created_at, 7), meta_, {group})
            .has_value());
    store_.Restart();
    return store_.SpanCount();
  }

  TestStore store_;
  BlockMeta meta_;
};

TEST_F(BlockRangesTest, WhatABlockHasIsNotReplayed) {
  SayAllOf(0);
  EXPECT_EQ(CountWithBlock(), 1u);
}

TEST_F(BlockRangesTest, OneOfAnotherPartitionHidesNothing) {
  SayAllOf(1);
  EXPECT_EQ(CountWithBlock(), 1u + kRecordCount);
}

TEST_F(BlockRangesTest, OneOfAnotherLogHidesNothing) {
  SayAllOf(0);
  meta_.log_identity.bytes[1] ^= 1;
  EXPECT_EQ(CountWithBlock(), 1u + kRecordCount);
}

TEST_F(BlockRangesTest, OneThatDoesNotSayItsLogHidesWhatCameBeforeIt) {
  meta_.log_identity = {};
  store_.clock.Advance(std::chrono::milliseconds(1));
  store_.AppendSpans(2);
  SayAllOf(0);
  EXPECT_EQ(CountWithBlock(), 1u + 2u);
}

}  // namespace
}  // namespace clew::storage
