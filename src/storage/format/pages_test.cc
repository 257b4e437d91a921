#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <utility>

#include "base/metrics.h"
#include "storage/format/block.h"
#include "storage/format/column_schema.h"
#include "storage/format/test_old_block.h"
#include "storage/testing/test_store.h"
#include "storage/testing/write_block.h"
#include "wire/otlp/materialize.h"
#include "wire/otlp/scatter_objects.h"
#include "wire/otlp/testing/describe.h"

// How often an object is asked for pages, and how much memory what was read takes.
namespace clew::storage {
namespace {

using model::Value;
using wire::otlp::testing::DescribeSpans;

constexpr std::int64_t kTraces = 1'000;
constexpr std::int64_t kSpans = 10'000;  // 3 zones
constexpr int kKeysOfAType = 12;

std::string TraceOf(std::int64_t number) { return fmt::format("{:x}", 0x1000 + number); }

/// Objects in memory, and which of their bytes were read by ranges.
class CountingObjectStore final : public ObjectStore {
 public:
  Status PutIfAbsent(const std::string& name, const std::vector<std::string_view>& parts) override {
    return objects_->PutIfAbsent(name, parts);
  }
  Result<Bytes> Get(const std::string& name) override { return objects_->Get(name); }
  Result<std::vector<Bytes>> GetRanges(const std::string& name,
                                       const std::vector<ByteRange>& ranges) override {
    // So that neighbours are read together.
    EXPECT_TRUE(std::ranges::is_sorted(ranges, {}, &ByteRange::offset));
    ++call_count;
    read.insert(read.end(), ranges.begin(), ranges.end());
    return objects_->GetRanges(name, ranges);
  }
  Result<Bytes> GetTail(const std::string& name, std::uint64_t length) override {
    return objects_->GetTail(name, length);
  }
  Result<ObjectInfo> Stat(const std::string& name) override { return objects_->Stat(name); }
  Result<std::vector<ObjectInfo>> List(std::string_view prefix) override {
    return objects_->List(prefix);
  }
  Status Delete(const std::string& name) override { return objects_->Delete(name); }
  bool FreesRoom(const std::string& name) override { return objects_->FreesRoom(name); }

  void Forget() {
    call_count = 0;
    read.clear();
  }
  /// How often a page was read.
  int TimesRead(std::uint64_t offset, std::uint64_t length) const {
    return static_cast<int>(std::ranges::count_if(read, [&](const ByteRange& range) {
      return range.offset == offset && range.length == length;
    }));
  }

  int call_count = 0;
  std::vector<ByteRange> read;

 private:
  const std::unique_ptr<ObjectStore> objects_ = MakeMemoryObjectStore();
};

class PagesTest : public ::testing::Test {
 protected:
  PagesTest() {
    EXPECT_TRUE(testing::WriteBlock(objects_, kName, {}, {group_}).has_value());
    block_ = *OpenBlock({objects_, cache_, directories_}, kName);
    layout_ = *ReadBlockLayout(objects_, kName);
    // Its directory, and the filter of traces.
    EXPECT_TRUE(source().Attributes().has_value());
    EXPECT_EQ(Trace(kTraces), nullptr);
    objects_.Forget();
  }

  // Texts that repeat and such that do not, numbers that take pages of 32 KiB, all of them on every
  // span or on some.
  static model::TraceData MakeSpans() {
    std::mt19937_64 random(1);
    std::vector<testing::SpanSpec> specs;
    for (std::int64_t i = 0; i < kSpans; ++i) {
      testing::SpanSpec spec{.trace = TraceOf(i % kTraces),
                             .span = fmt::format("{:x}", i + 1),
                             .service = fmt::format("service {}", i % 7),
                             .name = fmt::format("operation {}", random() % 900),
                             .start = static_cast<UnixNanos>(random() >> 20),
                             .duration = Nanos(static_cast<std::int64_t>(random() >> 2))};
      const auto add = [&](const std::string& key, int number, Value value) {
        if (number % 3 == 0 || random() % 3 == 0) spec.attributes.emplace_back(key, value);
      };
      for (int key = 0; key < kKeysOfAType; ++key) {
        const auto text = fmt::format("value {} of {}", random() % 3000, key);
        add(fmt::format("coded {}", key), key, Value{text});
        add(fmt::format("plain {}", key), key, Value{fmt::format("{:x} {}", random(), i)});
        add(fmt::format("number {}", key), key, Value{static_cast<std::int64_t>(random())});
      }
      model::Event event;
      event.time = spec.start + 5;
      event.name = fmt::format("event {}", i % 9);
      event.attributes = {{"k", Value{i}}};
      spec.events = {event};
      specs.push_back(std::move(spec));
    }
    return testing::MakeData(specs);
  }

  const scan::SpanSource& source() const { return *block_->sources[0]; }
  model::SpanColumnsPtr Trace(std::int64_t number) const {
    const TraceId id = *TraceId::FromHex(TraceOf(number));
    const auto read = source().ReadTraces({&id, 1}, scan::ReadExtent::kAll);
    EXPECT_TRUE(read.has_value());
    return *read;
  }
  // Every column that a condition may ask for as it is stored.
  void ScanAll() const {
    EXPECT_TRUE(source().Field(expr::Field::kName).has_value());
    EXPECT_TRUE(source().Field(expr::Field::kDuration).has_value());
    for (int key = 0; key < kKeysOfAType; ++key) {
      for (const char* type : {"coded", "plain", "number"}) {
        const auto found = source().Attribute(model::Owner::kSpan, fmt::format("{} {}", type, key));
        EXPECT_EQ(found->size(), 1u) << type << key;
      }
    }
  }
  // How often each page of a column was read.
  std::vector<int> TimesRead(const ColumnEntry& column, const BlockLayout& layout) const {
    std::vector<int> times;
    for (const PageRef& page : column.pages) {
      times.push_back(objects_.TimesRead(layout.groups[0].offset + page.offset, page.length));
    }
    return times;
  }
  // Bytes that the cache says it has.
  double CacheBytes() { return metrics_.Sum("clew_query_cache_bytes"); }
  template <typename Visit>
  void ForEachPage(Visit visit) const {
    for (const ColumnEntry& column : layout_.groups[0].directory->columns) {
      for (const PageRef& page : column.pages) {
        if (page.length > 0) visit(column, layout_.groups[0].offset + page.offset, page.length);
      }
    }
  }

  static constexpr const char* kName = "blocks/t/1.block";
  static const model::TraceData& Spans() {
    static const model::TraceData data = MakeSpans();
    return data;
  }

  static std::shared_ptr<const RowGroup> Group() {
    static const auto group = std::make_shared<const RowGroup>(BuildRowGroup(
        {std::make_shared<const model::SpanColumns>(wire::otlp::ScatterSpans(Spans()))}, {}));
    return group;
  }

  const model::TraceData& data_ = Spans();
  const std::shared_ptr<const RowGroup> group_ = Group();
  CountingObjectStore objects_;
  base::Metrics metrics_;
  ScanCache cache_{64u << 20, metrics_};
  base::Metrics metrics_of_directories_;
  ScanCache directories_{64u << 20, metrics_of_directories_};
  BlockPtr block_;
  BlockLayout layout_;
};

TEST_F(PagesTest, ATraceIsReadInFewCalls) {
  const auto spans = Trace(500);

  ASSERT_NE(spans, nullptr);
  model::TraceData expected;
  for (const model::Span& span : data_.spans) {
    if (span.trace_id == *TraceId::FromHex(TraceOf(500))) expected.spans.push_back(span);
  }
  ASSERT_EQ(spans->span_count(), static_cast<std::size_t>(kSpans / kTraces));
  // Ids of traces, the table of them, spans and rows of attributes, values, texts.
  EXPECT_LE(objects_.call_count, 5);
  EXPECT_GE(objects_.call_count, 1);
}

TEST_F(PagesTest, WhatWasReadIsNotReadAgain) {
  const auto first = Trace(500);
  ScanAll();
  objects_.Forget();

  const auto again = Trace(500);
  ScanAll();

  EXPECT_EQ(objects_.call_count, 0);
  EXPECT_EQ(DescribeSpans(wire::otlp::MaterializeSpans(*again)),
            DescribeSpans(wire::otlp::MaterializeSpans(*first)));
}

TEST_F(PagesTest, AColumnIsReadInOneCall) {
  ASSERT_TRUE(source().Attribute(model::Owner::kSpan, "coded 1").has_value());
  EXPECT_EQ(objects_.call_count, 1);

  ASSERT_TRUE(source().Attribute(model::Owner::kSpan, "plain 1").has_value());
  EXPECT_EQ(objects_.call_count, 2);
}

// Each thing that the cache gets is missed once: the column, its rows, its zones, its chunks.
TEST_F(PagesTest, AColumnIsMissedOncePerPart) {
  const double before = metrics_.Sum("clew_query_cache_misses");
  ASSERT_TRUE(source().Attribute(model::Owner::kSpan, "coded 1").has_value());

  const ColumnEntry& column =
      *layout_.groups[0].directory->FindAttribute(model::Owner::kSpan, "coded 1").front();
  ASSERT_GT(column.chunk_count(), 1u);
  ASSERT_EQ(column.rows, RowsEncoding::kBitmap);
  EXPECT_EQ(metrics_.Sum("clew_query_cache_misses") - before,
            static_cast<double>(1 + column.pages.size()));
}

// Of two traces at the ends of a row group.
TEST_F(PagesTest, ZonesOfEventsBetweenThoseOfTwoTracesAreNotRead) {
  const std::vector<TraceId> ids = {*TraceId::FromHex(TraceOf(1)),
                                    *TraceId::FromHex(TraceOf(kTraces - 1))};
  const auto read = source().ReadTraces(ids, scan::ReadExtent::kAll);

  ASSERT_TRUE(read.has_value());
  EXPECT_EQ((*read)->events.count(), static_cast<std::size_t>(2 * kSpans / kTraces));
  const std::vector<int> times = TimesRead(
      *layout_.groups[0].directory->FindAttribute(model::Owner::kEvent, "k").front(), layout_);
  EXPECT_EQ(times, (std::vector<int>{1, 0, 1}));
}

// There it is not known of zones which spans their events may be of.
TEST_F(PagesTest, OfAnOldBlockATraceTakesTheZonesOfItsEventsOnly) {
  ASSERT_TRUE(
      objects_.PutIfAbsent("blocks/t/old.block", {testing::OldBlock({group_})}).has_value());
  const auto opened = OpenBlock({objects_, cache_, directories_}, "blocks/t/old.block");
  ASSERT_TRUE(opened.has_value()) << opened.error().message;
  const BlockPtr& old = *opened;
  const BlockLayout layout = *ReadBlockLayout(objects_, "blocks/t/old.block");
  ASSERT_TRUE(old->sources[0]->Attributes().has_value());
  objects_.Forget();
  const TraceId id = *TraceId::FromHex(TraceOf(500));

  const auto read = old->sources[0]->ReadTraces({&id, 1}, scan::ReadExtent::kAll);

  ASSERT_TRUE(read.has_value());
  EXPECT_EQ((*read)->events.count(), static_cast<std::size_t>(kSpans / kTraces));
  const RowGroupDirectory& directory = *layout.groups[0].directory;
  EXPECT_EQ(TimesRead(*directory.Find(ColumnField::kEventSpan), layout),
            (std::vector<int>{1, 1, 1}));
  EXPECT_EQ(TimesRead(*directory.FindAttribute(model::Owner::kEvent, "k").front(), layout),
            (std::vector<int>{0, 1, 0}));
}

TEST_F(PagesTest, AScanAfterATraceReadsNoPageTwice) {
  Trace(500);
  const std::size_t of_trace = objects_.read.size();
  ScanAll();
  ASSERT_GT(objects_.read.size(), of_trace);

  std::size_t once = 0;
  ForEachPage([&](const ColumnEntry& column, std::uint64_t offset, std::uint64_t length) {
    const int times = objects_.TimesRead(offset, length);
    once += times == 1 ? 1 : 0;
    EXPECT_LE(times, 1) << NameOf(column);
  });
  EXPECT_GT(once, 60u);
}

TEST_F(PagesTest, TheCacheHoldsEachByteOnce) {
  ScanAll();
  for (std::int64_t trace = 0; trace < kTraces; trace += 25) Trace(trace);

  // Pages, and what scan_cache.h tells besides. Each text is at most 30 bytes long here, and takes
  // an offset and a view.
  constexpr std::uint64_t kTextBytes = 30 + sizeof(std::uint32_t) + sizeof(std::string_view);
  std::uint64_t most = 0;
  std::uint64_t page_count = 0;
  for (const ColumnEntry& column : layout_.groups[0].directory->columns) {
    for (const PageRef& page : column.pages) most += page.length;
    page_count += column.pages.size();
    if (column.rows != RowsEncoding::kDense) most += column.value_count * sizeof(std::uint32_t);
    if (!column.chunk_ends.empty()) most += column.chunk_ends.back() * kTextBytes;
  }
  constexpr std::uint64_t kEntry = 700;
  most += page_count * kEntry + static_cast<std::uint64_t>(kTraces) * 13;
  EXPECT_LE(CacheBytes(), static_cast<double>(most));
  EXPECT_GT(CacheBytes(), static_cast<double>(layout_.groups[0].directory->byte_size) / 2);
}

TEST_F(PagesTest, ADamagedPageIsFoundThoughItsNeighboursAreReadWithIt) {
  // One bit of the first page of a number, beside which others lie.
  std::string bytes(objects_.Get(kName)->view());
  std::uint64_t spoiled = 0;
  ForEachPage([&](const ColumnEntry& column, std::uint64_t offset, std::uint64_t /*length*/) {
    if (spoiled == 0 && column.key == "number 0") spoiled = offset;
  });
  bytes[spoiled] ^= 1;
  ASSERT_TRUE(objects_.PutIfAbsent("blocks/t/2.block", {bytes}).has_value());
  const BlockPtr damaged = *OpenBlock({objects_, cache_, directories_}, "blocks/t/2.block");
  std::vector<std::string> told;
  const auto source = damaged->sources[0]->PastDamage(
      {.report = [&](const Error& error) { told.push_back(error.message); }});

  const auto columns = source->Attribute(model::Owner::kSpan, "number 0");
  const auto others = source->Attribute(model::Owner::kSpan, "number 1");

  ASSERT_EQ(columns->size(), 1u);
  EXPECT_EQ((*columns)[0]->lost.size(), 4096u);
  EXPECT_TRUE((*others)[0]->lost.empty());
  ASSERT_EQ(told.size(), 1u);
  EXPECT_NE(told[0].find("number 0"), std::string::npos) << told[0];
}

}  // namespace
}  // namespace clew::storage
