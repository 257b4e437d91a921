#include "storage/head/head.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/for_each.h"
#include "base/metrics.h"
#include "log/delivery_tracker.h"
#include "wire/otlp/decode.h"
#include "wire/otlp/testing/sample_request.h"

namespace clew::storage {
namespace {

model::SpanColumnsPtr OneSpan(char id) {
  namespace samples = wire::otlp::testing;
  wire::otlp::DecodeCounts counts;
  auto columns = wire::otlp::DecodeRequest({Bytes(samples::Request({samples::SpanMessage(
                                               std::string(16, id), std::string(8, id), "work")}))},
                                           {}, counts);
  EXPECT_TRUE(columns.has_value());
  return *columns;
}

class HeadTest : public ::testing::Test {
 protected:
  HeadTest() { options_.row_group_span_count = 2; }

  /// Adds a batch of one span, whose record is the `number`th of the log, 10 bytes each.
  void Add(std::uint64_t number, std::uint32_t partition = 0) {
    const log::Appended where{{10 * number, partition}, {10 * number + 10, partition}};
    const auto columns = OneSpan(static_cast<char>('a' + number % 26));
    head_.Add(columns, RowGroupSize::Of(*columns),
              {.ranges = {{where.begin, where.end}}, .first = tracker_.Begin(where.begin)});
    end_ = where.end;
  }
  /// The same of spans that processors handed on: no record is here whole.
  void AddByProcessors(std::uint64_t number) {
    const auto columns = OneSpan('z');
    head_.Add(columns, RowGroupSize::Of(*columns), {.others = {tracker_.Begin({10 * number})}});
    end_ = {10 * number + 10};
  }
  log::Position Safe() const { return tracker_.Watermark(end_); }
  std::size_t SourceCount() const {
    std::vector<scan::SpanSourcePtr> sources;
    contents_.Take().AddHead(sources);
    return sources.size();
  }

  base::Metrics metrics_;
  base::ManualClock clock_{1000};
  SealOptions options_;
  ScanCache cache_{1 << 20, metrics_};
  std::atomic<std::uint64_t> byte_size_ = 0;
  Contents contents_;
  log::DeliveryTracker tracker_;
  log::Position end_;
  Head head_{{options_, cache_, clock_, byte_size_, contents_}};
};

TEST_F(HeadTest, WhatIsHereHoldsTheLogUntilWhoHasItLetsGo) {
  EXPECT_TRUE(head_.is_empty());
  for (const std::uint64_t number : {1u, 2u, 3u}) Add(number);
  EXPECT_EQ(Safe(), log::Position{10});

  EXPECT_EQ(head_.SealRowGroups(head_.fresh_batch_count(), false, 1), 2u);
  EXPECT_EQ(Safe(), log::Position{10});
  {
    const Head::Sealed sealed = head_.HandOver("block");
    EXPECT_EQ(sealed.groups.size(), 1u);
    const std::vector<LogRange>& ranges = sealed.records.ranges;
    ASSERT_EQ(ranges.size(), 1u);
    EXPECT_EQ(ranges[0].begin, log::Position{10});
    EXPECT_EQ(ranges[0].end, log::Position{30});
    EXPECT_EQ(Safe(), log::Position{10});
    EXPECT_EQ(SourceCount(), 2u);
    const Snapshot now = contents_.Take();
    ASSERT_EQ(now.waiting().size(), 1u);
    EXPECT_EQ(now.waiting()[0]->name, "block");
    EXPECT_EQ(now.waiting()[0]->span_count, 2u);
  }
  EXPECT_EQ(Safe(), log::Position{30});
}

TEST_F(HeadTest, RecordsThatComeOutOfOrderAreHeldByTheLowest) {
  for (const std::uint64_t number : {7u, 4u}) Add(number);

  EXPECT_EQ(head_.SealRowGroups(2, false, 1), 2u);

  EXPECT_EQ(Safe(), log::Position{40});
}

TEST_F(HeadTest, WhatProcessorsPutTogetherIsHeldAndInNoRange) {
  AddByProcessors(1);
  Add(2);
  AddByProcessors(3);
  Add(4);

  EXPECT_EQ(head_.SealRowGroups(2, false, 1), 2u);
  EXPECT_EQ(head_.SealRowGroups(2, false, 1), 2u);
  {
    const Head::Sealed sealed = head_.HandOver("block");
    EXPECT_EQ(Safe(), log::Position{10});
    const std::vector<LogRange>& ranges = sealed.records.ranges;
    ASSERT_EQ(ranges.size(), 2u);
    EXPECT_EQ(ranges[0].begin, log::Position{20});
    EXPECT_EQ(ranges[1].begin, log::Position{40});
  }
  EXPECT_EQ(Safe(), log::Position{50});
  EXPECT_EQ(tracker_.FirstAbandoned(), std::nullopt);
}

TEST_F(HeadTest, WhatIsInNoBlockWhenItEndsIsGivenBack) {
  {
    Head head({options_, cache_, clock_, byte_size_, contents_});
    const auto columns = OneSpan('a');
    const RowGroupSize size = RowGroupSize::Of(*columns);
    head.Add(columns, size, {.ranges = {{{20}, {30}}}, .first = tracker_.Begin({20})});
    head.Add(columns, size, {.others = {tracker_.Begin({10})}});
    head.SealRowGroups(1, true, 1);
    end_ = {30};
  }

  EXPECT_EQ(tracker_.FirstAbandoned(), log::Position{10});
  EXPECT_EQ(Safe(), log::Position{10});
  tracker_.Begin({10});
  EXPECT_EQ(tracker_.FirstAbandoned(), log::Position{20});
}

TEST_F(HeadTest, ARowGroupThatIsNotFullIsSealedOnlyWhenAskedFor) {
  Add(1);
  EXPECT_EQ(head_.SealRowGroups(1, false, 1), 0u);
  EXPECT_EQ(head_.SealRowGroups(1, true, 1), 1u);
  EXPECT_EQ(head_.SealRowGroups(0, true, 1), 0u);
}

TEST_F(HeadTest, SeveralRowGroupsAreSealedAtOnceInTheirOrder) {
  base::WorkerPool workers("test", 2, 10);
  Head head({options_, cache_, clock_, byte_size_, contents_, &workers});
  const std::size_t at_once = base::CountAtOnce(&workers);
  const std::size_t group_count = 2 * at_once + 1;
  for (std::uint64_t number = 0; number < 2 * group_count + 1; ++number) {
    const auto columns = OneSpan(static_cast<char>('a' + number % 26));
    head.Add(columns, RowGroupSize::Of(*columns),
             {.ranges = {{{20 * number}, {20 * number + 10}}}, .first = tracker_.Begin({number})});
  }

  EXPECT_EQ(head.SealRowGroups(head.fresh_batch_count(), false, 1), 2u);
  EXPECT_EQ(contents_.Take().waiting().size(), 0u);
  EXPECT_EQ(head.facts().sealed_span_count, 2u);
  EXPECT_EQ(head.SealRowGroups(head.fresh_batch_count(), false, group_count), 2 * at_once);
  EXPECT_EQ(head.SealRowGroups(head.fresh_batch_count(), false, group_count), 2 * at_once);
  EXPECT_EQ(head.SealRowGroups(head.fresh_batch_count(), false, group_count), 0u);
  EXPECT_EQ(head.SealRowGroups(head.fresh_batch_count(), true, group_count), 1u);

  EXPECT_EQ(head.facts().sealed_bytes, byte_size_.load());
  EXPECT_EQ(head.facts().sealed_span_count, 2 * group_count + 1);
  {
    const Head::Sealed sealed = head.HandOver("block");
    EXPECT_EQ(sealed.groups.size(), group_count + 1);
    EXPECT_EQ(sealed.records.ranges.size(), 2 * group_count + 1);
    EXPECT_EQ(byte_size_.load(), 0u);
  }
  EXPECT_EQ(tracker_.in_flight_count(), 0u);
}

TEST_F(HeadTest, ManySmallBatchesBecomeOne) {
  options_.row_group_span_count = 1000;
  constexpr std::uint64_t kMany = 64;
  for (std::uint64_t number = 1; number < kMany; ++number) Add(number);
  head_.JoinSmallBatches();
  EXPECT_EQ(head_.fresh_batch_count(), kMany - 1);

  clock_.Advance(Nanos(500));
  Add(kMany);
  head_.JoinSmallBatches();

  EXPECT_EQ(head_.fresh_batch_count(), 1u);
  EXPECT_EQ(head_.facts().fresh_span_count, kMany);
  EXPECT_EQ(head_.facts().fresh_bytes, byte_size_.load());
  EXPECT_EQ(head_.oldest_added_at(), Nanos(1000));
  EXPECT_EQ(Safe(), log::Position{10});
}

TEST_F(HeadTest, ItsMemoryIsCountedUntilItIsHandedOver) {
  for (const std::uint64_t number : {1u, 2u}) Add(number);
  EXPECT_EQ(byte_size_.load(), head_.facts().fresh_bytes);

  head_.SealRowGroups(2, false, 1);
  EXPECT_EQ(byte_size_.load(), head_.facts().sealed_bytes);
  EXPECT_GT(byte_size_.load(), 0u);

  EXPECT_GT(head_.HandOver("block").byte_size, 0u);
  EXPECT_EQ(byte_size_.load(), 0u);
  EXPECT_TRUE(head_.is_empty());
}

// A block names one for all that it holds.
TEST_F(HeadTest, RecordsOfTwoPartitionsAreNeverTogether) {
  options_.row_group_span_count = 1000;
  for (std::uint64_t i = 0; i < 100; ++i) Add(i, i < 70 ? 1 : 0);
  Add(200, 1);
  head_.JoinSmallBatches();
  EXPECT_LT(head_.fresh_batch_count(), 101u);

  while (head_.SealRowGroups(head_.fresh_batch_count(), /*is_partial_too=*/true, 1) > 0) continue;
  std::vector<std::uint32_t> partitions;
  while (head_.facts().sealed_span_count > 0) {
    const Head::Sealed block = head_.HandOver("block " + std::to_string(partitions.size()));
    ASSERT_FALSE(block.records.ranges.empty());
    partitions.push_back(block.records.ranges.front().begin.partition);
    for (const LogRange& range : block.records.ranges) {
      EXPECT_EQ(range.begin.partition, partitions.back());
      EXPECT_EQ(range.end.partition, partitions.back());
    }
  }

  EXPECT_GT(partitions.size(), 1u);
  EXPECT_TRUE(head_.is_empty());
}

}  // namespace
}  // namespace clew::storage
