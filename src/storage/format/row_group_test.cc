#include "storage/format/row_group.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "base/metrics.h"
#include "model/concatenate.h"
#include "model/select_rows.h"
#include "scan/batch_source.h"
#include "storage/format/row_group_source.h"
#include "wire/otlp/decode.h"
#include "wire/otlp/encode.h"
#include "wire/otlp/materialize.h"
#include "wire/otlp/testing/describe.h"
#include "wire/otlp/testing/random_request.h"

namespace clew::storage {
namespace {

using wire::otlp::testing::DescribeSpans;

model::SpanColumnsPtr RandomBatch(std::uint64_t seed) {
  const auto data =
      wire::otlp::testing::RandomTraceData(seed, wire::otlp::testing::TextKind::kAnyOctets);
  wire::otlp::DecodeCounts counts;
  auto columns = wire::otlp::DecodeRequest({Bytes(wire::otlp::EncodeRequest(data))}, {}, counts);
  EXPECT_TRUE(columns.has_value());
  return *columns;
}

std::vector<model::SpanColumnsPtr> RandomBatches(std::uint64_t first_seed, std::size_t count) {
  std::vector<model::SpanColumnsPtr> batches;
  for (std::uint64_t seed = first_seed; batches.size() < count; ++seed) {
    model::SpanColumnsPtr batch = RandomBatch(seed);
    if (batch->span_count() > 0) batches.push_back(std::move(batch));
  }
  return batches;
}

class CountingPages final : public PageReader {
 public:
  explicit CountingPages(Bytes pages) : pages_(std::move(pages)) {}
  Result<std::vector<Bytes>> Read(const PagePlan& plan) const override {
    for (const auto* pages : {&plan.kept, &plan.once}) {
      for (const PageRef& page : *pages) {
        if (page.length > 0) ++counts[page.offset];
      }
    }
    return pages_.Read(plan);
  }
  std::string name() const override { return "counted pages"; }

  mutable std::map<std::uint64_t, int> counts;

 private:
  MemoryPages pages_;
};

class RowGroupTest : public ::testing::Test {
 protected:
  static void ExpectSameTraces(const scan::SpanSource& sealed, const scan::SpanSource& fresh,
                               const std::vector<TraceId>& ids) {
    const auto expected = fresh.ReadTraces(ids, scan::ReadExtent::kAll);
    const auto read = sealed.ReadTraces(ids, scan::ReadExtent::kAll);
    ASSERT_TRUE(read.has_value()) << read.error().message;
    ASSERT_NE(*read, nullptr);
    EXPECT_EQ(DescribeSpans(wire::otlp::MaterializeSpans(**read)),
              DescribeSpans(wire::otlp::MaterializeSpans(**expected)));
    EXPECT_EQ(*sealed.TraceStarts(ids), *fresh.TraceStarts(ids));
  }

  std::shared_ptr<RowGroupSource> Seal(const std::vector<model::SpanColumnsPtr>& batches,
                                       const RowGroupLimits& limits = {}) {
    RowGroup group = BuildRowGroup(batches, limits);
    // Through the stored form of the directory, as a block does it.
    std::string stored;
    WriteDirectory(group.directory, &stored);
    auto directory = ReadDirectory(stored);
    EXPECT_TRUE(directory.has_value()) << directory.error().message;
    return std::make_shared<RowGroupSource>(
        std::make_shared<const RowGroupDirectory>(std::move(*directory)),
        std::make_shared<MemoryPages>(group.pages), cache_);
  }

  base::Metrics metrics_;
  ScanCache cache_{64u << 20, metrics_};
};

TEST_F(RowGroupTest, LosesNothing) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const auto batches = RandomBatches(seed * 100, 1 + seed % 5);
    const auto expected =
        DescribeSpans(wire::otlp::MaterializeSpans(model::ConcatenateSpans(batches)));

    const auto read = Seal(batches)->ReadAll(scan::ReadExtent::kAll);

    ASSERT_TRUE(read.has_value()) << read.error().message;
    ASSERT_EQ(DescribeSpans(wire::otlp::MaterializeSpans(**read)), expected) << "seed " << seed;
  }
}

TEST_F(RowGroupTest, WhatIsKeptOfAPageKeepsNoOther) {
  RowGroup group = BuildRowGroup(RandomBatches(7, 2), {});
  auto owner = std::make_shared<const std::string>(group.pages.view());
  const std::weak_ptr<const std::string> all = owner;
  const std::string_view view = *owner;
  auto source = std::make_unique<RowGroupSource>(
      std::make_shared<const RowGroupDirectory>(group.directory),
      std::make_shared<MemoryPages>(Bytes(std::move(owner), view)), cache_);

  const auto kept = source->Field(expr::Field::kName);
  const auto ids = source->TraceIds({0});
  source = nullptr;

  EXPECT_GT((*kept)->count(), 0u);
  EXPECT_EQ(ids->size(), 1u);
  EXPECT_TRUE(all.expired());
}

TEST_F(RowGroupTest, LosesNothingWhenMostKeysOverflow) {
  const auto batches = RandomBatches(7000, 6);
  const auto expected =
      DescribeSpans(wire::otlp::MaterializeSpans(model::ConcatenateSpans(batches)));

  const auto read = Seal(batches, RowGroupLimits{.attribute_column_count_max = 3})
                        ->ReadAll(scan::ReadExtent::kAll);

  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(DescribeSpans(wire::otlp::MaterializeSpans(**read)), expected);
}

TEST_F(RowGroupTest, GivesEachTraceAsAFreshBatchDoes) {
  const auto batches = RandomBatches(500, 4);
  const auto all = std::make_shared<const model::SpanColumns>(model::ConcatenateSpans(batches));
  const scan::BatchSource fresh(all);
  const auto sealed = Seal(batches);

  const std::set<TraceId> ids(all->trace_ids.begin(), all->trace_ids.end());
  for (const TraceId& id : ids) {
    ExpectSameTraces(*sealed, fresh, {id});
  }
  const TraceId unknown = *TraceId::FromHex("fefefefefefefefefefefefefefefefe");
  EXPECT_EQ(*sealed->ReadTraces({&unknown, 1}, scan::ReadExtent::kAll), nullptr);
  EXPECT_EQ(sealed->TraceStarts({&unknown, 1})->at(0), std::nullopt);
}

TEST_F(RowGroupTest, GivesManyTracesAsAFreshBatchDoes) {
  const auto batches = RandomBatches(500, 8);
  const auto all = std::make_shared<const model::SpanColumns>(model::ConcatenateSpans(batches));
  const scan::BatchSource fresh(all);
  const auto sealed = Seal(batches);
  const auto with_overflow = Seal(batches, {.attribute_column_count_max = 3});

  const std::set<TraceId> ids(all->trace_ids.begin(), all->trace_ids.end());
  ASSERT_GT(ids.size(), 10u);
  for (std::size_t step = 1; step < 5; ++step) {
    std::vector<TraceId> some;
    std::size_t number = 0;
    for (const TraceId& id : ids) {
      if (number++ % step == 0) some.push_back(id);
    }
    ExpectSameTraces(*sealed, fresh, some);
    ExpectSameTraces(*with_overflow, fresh, some);
  }
}

TEST_F(RowGroupTest, ReadsEachPageOnceForManyTraces) {
  const RowGroup group = BuildRowGroup(RandomBatches(500, 8), {});
  const auto pages = std::make_shared<CountingPages>(group.pages);
  const RowGroupSource source(std::make_shared<const RowGroupDirectory>(group.directory), pages,
                              cache_);
  const auto all = *source.ReadAll(scan::ReadExtent::kTree);
  const std::set<TraceId> ids(all->trace_ids.begin(), all->trace_ids.end());
  std::vector<TraceId> every_other;
  bool is_wanted = false;
  for (const TraceId& id : ids) {
    if (is_wanted) every_other.push_back(id);
    is_wanted = !is_wanted;
  }
  ASSERT_GT(every_other.size(), 5u);
  pages->counts.clear();

  ASSERT_TRUE(source.ReadTraces(every_other, scan::ReadExtent::kAll).has_value());

  EXPECT_FALSE(pages->counts.empty());
  for (const auto& [offset, count] : pages->counts) EXPECT_LE(count, 1) << offset;
}

TEST_F(RowGroupTest, CountsOperationsAsAFreshBatchDoes) {
  const auto batches = RandomBatches(900, 3);
  const scan::BatchSource fresh(
      std::make_shared<const model::SpanColumns>(model::ConcatenateSpans(batches)));

  const auto expected = *fresh.Operations();
  const auto sealed = *Seal(batches)->Operations();

  ASSERT_EQ(sealed.size(), expected.size());
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    EXPECT_EQ(sealed[i].service, expected[i].service);
    EXPECT_EQ(sealed[i].name, expected[i].name);
    EXPECT_EQ(sealed[i].kind, expected[i].kind);
    EXPECT_EQ(sealed[i].span_count, expected[i].span_count);
  }
}

TEST_F(RowGroupTest, TheSameSpansGiveTheSameBytes) {
  const auto batches = RandomBatches(42, 3);

  EXPECT_EQ(BuildRowGroup(batches, {}).pages.view(), BuildRowGroup(batches, {}).pages.view());
}

// A column for each of very many keys must not cost a look at every row.
TEST_F(RowGroupTest, SealsVeryManyKeysInLinearTime) {
  constexpr std::uint32_t kSpans = 20'000;
  constexpr std::uint32_t kKeys = 200'000;
  const auto one = std::make_shared<const model::SpanColumns>(
      model::SelectSpans(*RandomBatches(3, 1).front(), {0}));
  const auto columns = std::make_shared<model::SpanColumns>(
      model::ConcatenateSpans(std::vector<model::SpanColumnsPtr>(kSpans, one)));
  columns->attributes.clear();
  std::string keys;
  for (std::uint32_t i = 0; i < kKeys; ++i) keys += fmt::format("{:08}", i);
  for (std::uint32_t i = 0; i < kKeys; ++i) {
    model::AttributeColumn& column = columns->attributes.emplace_back();
    column.type = model::ValueType::kInt;
    column.key = std::string_view(keys).substr(std::size_t{i} * 8, 8);
    column.rows = {i % kSpans};
    column.numbers = {i};
  }

  const auto sealed = Seal({columns});

  const auto found = sealed->Attribute(model::Owner::kSpan, "00123456");
  ASSERT_EQ(found->size(), 1u);
  const auto numbers = found->front()->all<std::int64_t>();
  EXPECT_EQ(std::vector(numbers.begin(), numbers.end()), std::vector<std::int64_t>{123456});
  const RowGroup group = BuildRowGroup({columns}, {});
  EXPECT_LE(
      std::ranges::count(group.directory.columns, ColumnField::kAttribute, &ColumnEntry::field),
      400);
}

TEST_F(RowGroupTest, RefusesDamagedDirectories) {
  std::string stored;
  WriteDirectory(BuildRowGroup(RandomBatches(3, 1), {}).directory, &stored);

  for (std::size_t length = 0; length < stored.size(); ++length) {
    EXPECT_FALSE(ReadDirectory(std::string_view(stored).substr(0, length)).has_value()) << length;
  }
}

}  // namespace
}  // namespace clew::storage
