#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <limits>
#include <optional>
#include <random>
#include <set>

#include "base/compression.h"
#include "base/metrics.h"
#include "model/concatenate.h"
#include "storage/encoding/byte_stream.h"
#include "storage/format/column_schema.h"
#include "storage/format/row_group.h"
#include "storage/format/row_group_source.h"
#include "storage/testing/test_store.h"
#include "wire/otlp/decode.h"
#include "wire/otlp/encode.h"
#include "wire/otlp/materialize.h"
#include "wire/otlp/scatter_objects.h"
#include "wire/otlp/testing/describe.h"
#include "wire/otlp/testing/random_request.h"

// Row groups that lie, and row groups of which pages are lost.
namespace clew::storage {
namespace {

using model::SpanColumnsPtr;
using model::Value;
using wire::otlp::testing::DescribeSpans;

RowGroup RandomGroup(std::uint64_t seed, std::uint32_t attribute_column_count_max = 400) {
  std::vector<SpanColumnsPtr> batches;
  for (; batches.size() < 3; ++seed) {
    const auto data =
        wire::otlp::testing::RandomTraceData(seed, wire::otlp::testing::TextKind::kAnyOctets);
    wire::otlp::DecodeCounts counts;
    auto columns = wire::otlp::DecodeRequest({Bytes(wire::otlp::EncodeRequest(data))}, {}, counts);
    if ((*columns)->span_count() > 0) batches.push_back(*columns);
  }
  return BuildRowGroup(batches, {.attribute_column_count_max = attribute_column_count_max});
}

// Pages of which one is lost, until it is mended.
class LossyPages final : public PageReader {
 public:
  LossyPages(Bytes pages, PageRef lost) : pages_(std::move(pages)), lost_(lost) {}
  void Mend() { lost_.reset(); }
  Result<std::vector<Bytes>> Read(const PagePlan& plan) const override {
    for (const auto* pages : {&plan.kept, &plan.once}) {
      for (const PageRef& page : *pages) {
        if (lost_.has_value() && page.length > 0 && page.offset == lost_->offset) {
          return base::DataLoss("lost at {}", page.offset);
        }
      }
    }
    return pages_.Read(plan);
  }
  std::string name() const override { return "block b"; }

 private:
  MemoryPages pages_;
  std::optional<PageRef> lost_;
};

constexpr std::int64_t kLongest = std::numeric_limits<std::int64_t>::max();

class DamageTest : public ::testing::Test {
 protected:
  static Result<RowGroupDirectory> Reread(const RowGroupDirectory& directory) {
    std::string stored;
    WriteDirectory(directory, &stored);
    return ReadDirectory(stored);
  }

  // The directory after `spoil` must be refused by a message with `words`.
  static void ExpectRefused(const std::function<void(RowGroupDirectory&)>& spoil,
                            std::string_view words) {
    RowGroupDirectory directory = RandomGroup(3).directory;
    ASSERT_TRUE(Reread(directory).has_value());
    spoil(directory);
    const auto read = Reread(directory);
    ASSERT_FALSE(read.has_value()) << words;
    EXPECT_EQ(read.error().code, Code::kDataLoss);
    EXPECT_NE(read.error().message.find(words), std::string::npos) << read.error().message;
  }

  static ColumnEntry& Column(RowGroupDirectory& directory, ColumnField field) {
    return *std::ranges::find(directory.columns, field, &ColumnEntry::field);
  }

  std::shared_ptr<RowGroupSource> Source(const RowGroup& group,
                                         std::shared_ptr<const PageReader> pages) {
    return std::make_shared<RowGroupSource>(
        std::make_shared<const RowGroupDirectory>(group.directory), std::move(pages), cache_);
  }

  // How much of all there is to read and scan cannot be given whole; other errors than damage fail.
  static int FailedReads(const RowGroupSource& source, const RowGroupDirectory& directory) {
    int failed_count = 0;
    const auto count = [&](const auto& read) {
      if (read.has_value()) return;
      EXPECT_EQ(read.error().code, Code::kDataLoss) << read.error().message;
      ++failed_count;
    };
    for (const expr::FieldInfo& info : expr::AllFields()) {
      if (info.field != expr::Field::kService) count(source.Field(info.field));
    }
    for (const model::Owner owner : {model::Owner::kResource, model::Owner::kScope,
                                     model::Owner::kEvent, model::Owner::kLink}) {
      count(source.Ties(owner));
    }
    for (const ColumnEntry& column : directory.columns) {
      if (column.field == ColumnField::kAttribute) {
        count(source.Attribute(column.owner, column.key));
      }
    }
    count(source.Starts());
    count(source.TraceIds({0}));
    count(source.Operations());
    count(source.ReadAll(scan::ReadExtent::kAll));
    return failed_count;
  }

  base::Metrics metrics_;
  ScanCache cache_{64u << 20, metrics_};
};

TEST_F(DamageTest, RefusesDirectoriesThatLie) {
  using enum ColumnField;
  ExpectRefused([](auto& d) { Column(d, kDuration).value_count = 100; }, "span duration: 100");
  ExpectRefused([](auto& d) { Column(d, kName).value_count += 1; }, "span name");
  ExpectRefused(
      [](auto& d) {
        ColumnEntry& duration = Column(d, kDuration);
        duration.rows = RowsEncoding::kBitmap;
        duration.row_counts = {duration.value_count};
        duration.pages.insert(duration.pages.begin(), duration.pages.front());
      },
      "list of rows");
  ExpectRefused([](auto& d) { Column(d, kName).values = ValuesEncoding::kNone; }, "encoding 0");
  ExpectRefused(
      [](auto& d) {
        Column(d, kSpanId).values = ValuesEncoding::kFixed16;
        Column(d, kSpanId).id_bounds.resize(32);
      },
      "encoding 5");
  ExpectRefused([](auto& d) { Column(d, kResource).zones.back().max = d.stats.resource_count; },
                "resource of spans: rows");
  ExpectRefused([](auto& d) { Column(d, kEventSpan).zones.front().min = -1; },
                "span of events: rows");
  ExpectRefused([](auto& d) { Column(d, kDuration).zones.front().min = kLongest; }, "a zone from");
  ExpectRefused([](auto& d) { Column(d, kName).zones.front().max += 1000; }, "codes 0 to");
  ExpectRefused([](auto& d) { Column(d, kName).chunk_ends.front() = 0; }, "without texts");
  ExpectRefused([](auto& d) { ++Column(d, kForeignParent).row_counts.front(); }, "zones of rows");
  ExpectRefused([](auto& d) { d.row_order = static_cast<RowOrder>(2); }, "do not fit");
  ExpectRefused([](auto& d) { d.starts.clear(); }, "do not fit");
  ExpectRefused([](auto& d) { Column(d, kName).pages.front().length += 1u << 30; }, "reaches past");
  ExpectRefused([](auto& d) { Column(d, kName).pages.front().offset = ~0ULL; }, "reaches past");
  ExpectRefused([](auto& d) { Column(d, kKind).field = static_cast<ColumnField>(200); },
                "no such field");
  ExpectRefused([](auto& d) { d.columns.erase(d.columns.end() - 1); }, "missing");
  ExpectRefused([](auto& d) { d.columns.clear(); }, "missing");
  ExpectRefused([](auto& d) { d.columns.push_back(d.columns.back()); }, "there twice");
  ExpectRefused([](auto& d) { d.stats.span_count = 0; }, "0 spans");
  ExpectRefused([](auto& d) { d.stats.span_count = 1u << 31; }, "spans");
  ExpectRefused([](auto& d) { d.stats.event_count = 0xffffffff; }, "a table of");
  ExpectRefused([](auto& d) { d.trace_count = 0; }, "values for 0 rows");
  ExpectRefused([](auto& d) { d.byte_size -= 1; }, "row group");
}

TEST_F(DamageTest, RefusesPagesThatLieOverEachOther) {
  using enum ColumnField;
  // Ids of traces are what is written first.
  ExpectRefused([](auto& d) { Column(d, kSpanId).pages.front().offset = 8; },
                "span id: its page at offset 8 lies over one of trace id");
  ExpectRefused([](auto& d) { Column(d, kSpanId).pages.front().offset = 0; },
                "at offset 0 lies over one of");
  ExpectRefused([](auto& d) { --Column(d, kTraceSpanCount).pages.front().offset; },
                "lies over one of trace id");
  // Of the same column.
  ExpectRefused([](auto& d) { --Column(d, kName).pages.back().offset; },
                "lies over one of span name");
}

TEST_F(DamageTest, RefusesAttributesThatLie) {
  const auto attribute = [](const std::function<void(ColumnEntry&)>& spoil) {
    return [=](RowGroupDirectory& directory) { spoil(directory.columns.front()); };
  };
  ASSERT_EQ(RandomGroup(3).directory.columns.front().field, ColumnField::kAttribute);
  ExpectRefused(attribute([](auto& c) {
                  if (c.rows != RowsEncoding::kDense) c.pages.erase(c.pages.begin());
                  c.rows = RowsEncoding::kDense;
                  c.value_count += 1;
                }),
                "values for");
  ExpectRefused(attribute([](auto& c) {
                  if (c.rows == RowsEncoding::kDense) c.pages.insert(c.pages.begin(), PageRef());
                  c.rows = static_cast<RowsEncoding>(3);
                  c.row_counts = {c.value_count};
                }),
                "encoding 3");
  ExpectRefused(attribute([](auto& c) { c.values = static_cast<ValuesEncoding>(7); }),
                "encoding 7");
  ExpectRefused(attribute([](auto& c) { c.type = static_cast<model::ValueType>(9); }), "unknown");
  ExpectRefused(attribute([](auto& c) { c.owner = static_cast<model::Owner>(5); }), "unknown");
  ExpectRefused(attribute([](auto& c) { c.key = "\xff"; }), "out of order");
}

TEST_F(DamageTest, RefusesCountsThatOverflow) {
  std::string stored;
  WriteDirectory(RandomGroup(3).directory, &stored);
  std::string counts;
  ByteWriter(&counts).Varint((std::uint64_t{1} << 32) + 3);
  // The first of the directory is the number of spans.
  EXPECT_FALSE(ReadDirectory(counts + stored.substr(1)).has_value());
}

TEST_F(DamageTest, RefusesRareAttributesWhoseRowsComeRound) {
  std::string raw;
  ByteWriter writer(&raw);
  writer.Varint(1);
  writer.Fixed(model::Owner::kSpan);
  writer.Fixed(model::ValueType::kEmpty);
  writer.Text("k");
  writer.Varint(2);
  writer.Varint(100'000);
  writer.Varint(~std::uint64_t{0} - 99'998);  // back to 1
  std::string page;
  ByteWriter(&page).Varint(raw.size());
  page += base::ZstdCompress(raw);

  EXPECT_FALSE(DecodeOverflow(page, 1u << 20).has_value());
}

TEST_F(DamageTest, AnEmptyValueOfEverySpanIsFound) {
  const auto data =
      testing::MakeData({{.trace = "a", .span = "1", .attributes = {{"k", Value{}}}}});
  const auto columns = std::make_shared<const model::SpanColumns>(wire::otlp::ScatterSpans(data));
  const RowGroup group = BuildRowGroup({columns}, {});

  const auto found = Source(group, std::make_shared<MemoryPages>(group.pages))
                         ->Attribute(model::Owner::kSpan, "k");

  ASSERT_TRUE(found.has_value());
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ(found->front()->count(), 1u);
  EXPECT_EQ(found->front()->RowOf(0), 0u);
}

TEST_F(DamageTest, KeysThatAreShownAlikeAreAllFound) {
  const auto data = testing::MakeData({{.trace = "a",
                                        .span = "1",
                                        .attributes = {{"k\xff", Value{std::string("one")}},
                                                       {"k\xfe", Value{std::string("two")}}}}});
  const auto columns = std::make_shared<const model::SpanColumns>(wire::otlp::ScatterSpans(data));
  const RowGroup group = BuildRowGroup({columns}, {});
  const auto source = Source(group, std::make_shared<MemoryPages>(group.pages));

  for (int i = 0; i < 2; ++i) {  // read, then from the cache
    const auto found = source->Attribute(model::Owner::kSpan, "k\xef\xbf\xbd");

    ASSERT_TRUE(found.has_value());
    std::set<std::string_view> texts;
    for (const scan::ColumnPtr& column : *found) {
      texts.insert(column->TextAt(0));
    }
    EXPECT_EQ(texts, (std::set<std::string_view>{"one", "two"}));
  }
}

TEST_F(DamageTest, ALostPageCostsItsValuesAndNotTheSpans) {
  for (const std::uint32_t columns_max : {400u, 3u}) {
    const RowGroup group = RandomGroup(500, columns_max);
    for (const ColumnEntry& column : group.directory.columns) {
      for (const PageRef& page : column.pages) {
        if (page.length == 0) continue;
        const auto strict = Source(group, std::make_shared<LossyPages>(group.pages, page));
        std::vector<std::string> reports;
        const auto source = strict->PastDamage(
            {.report = [&](const Error& error) { reports.push_back(error.message); }});

        const auto refused = strict->ReadAll(scan::ReadExtent::kAll);
        const auto read = source->ReadAll(scan::ReadExtent::kAll);

        const bool is_operation = column.field >= ColumnField::kOperationService &&
                                  column.field <= ColumnField::kOperationSpans;
        const bool is_unused = column.field == ColumnField::kTraceErrorCount ||
                               column.field == ColumnField::kTraceDuration ||
                               column.field == ColumnField::kTraceRoot || is_operation ||
                               column.value_count == 0;
        if (is_unused) {
          EXPECT_TRUE(refused.has_value()) << NameOf(column);
          continue;
        }
        const std::string name = "block b: " + NameOf(column) + ": lost at";
        ASSERT_FALSE(refused.has_value()) << NameOf(column);
        EXPECT_NE(refused.error().message.find(name), std::string::npos) << refused.error().message;
        ASSERT_TRUE(read.has_value()) << read.error().message;
        EXPECT_EQ((*read)->span_count(), group.directory.stats.span_count);
        ASSERT_EQ(reports.size(), 1u) << NameOf(column);
        EXPECT_NE(reports.front().find(name), std::string::npos) << reports.front();
        if (column.field == ColumnField::kTraceId || column.field == ColumnField::kTraceSpanCount) {
          EXPECT_NE(reports.front().find(" traces are missing"), std::string::npos);
        }
        wire::otlp::MaterializeSpans(**read);
      }
    }
  }
}

TEST_F(DamageTest, WhatCouldNotBeReadForAWhileIsWholeAfterIt) {
  const RowGroup group = RandomGroup(500, 8);
  int failed_count = 0;
  for (const ColumnEntry& column : group.directory.columns) {
    for (const PageRef& page : column.pages) {
      if (page.length == 0) continue;
      const auto pages = std::make_shared<LossyPages>(group.pages, page);
      const auto source = Source(group, pages);
      failed_count += FailedReads(*source, group.directory);

      pages->Mend();

      EXPECT_EQ(FailedReads(*source, group.directory), 0) << NameOf(column);
    }
  }
  EXPECT_GT(failed_count, 100);
}

TEST_F(DamageTest, EverythingElseOfTheSpansStays) {
  const RowGroup group = RandomGroup(500);
  const auto whole =
      *Source(group, std::make_shared<MemoryPages>(group.pages))->ReadAll(scan::ReadExtent::kAll);
  const ColumnEntry& name = *group.directory.Find(ColumnField::kName);
  const auto source = Source(group, std::make_shared<LossyPages>(group.pages, name.pages.back()))
                          ->PastDamage({.report = [](const Error&) {}});

  const auto read = *source->ReadAll(scan::ReadExtent::kAll);

  model::SpanColumns expected = *whole;
  std::ranges::fill(expected.names.Edit(), std::string_view());
  EXPECT_EQ(DescribeSpans(wire::otlp::MaterializeSpans(*read)),
            DescribeSpans(wire::otlp::MaterializeSpans(expected)));
}

// 3 zones of spans, of which the middle one loses its durations.
TEST_F(DamageTest, ScanColumnsLackOnlyTheRowsThatAreLost) {
  std::vector<testing::SpanSpec> specs;
  for (int i = 0; i < 10'000; ++i) {
    specs.push_back(
        {.trace = "a", .span = fmt::format("{:x}", i + 1), .start = i, .duration = Nanos(i % 777)});
  }
  const model::TraceData data = testing::MakeData(specs);
  const auto columns = std::make_shared<const model::SpanColumns>(wire::otlp::ScatterSpans(data));
  const RowGroup group = BuildRowGroup({columns}, {});
  const ColumnEntry& duration = *group.directory.Find(ColumnField::kDuration);
  ASSERT_EQ(duration.pages.size(), 3u);
  const auto pages = std::make_shared<LossyPages>(group.pages, duration.pages[1]);
  std::vector<std::string> reports;
  const auto source = Source(group, pages)->PastDamage({.report = [&](const Error& error) {
    reports.push_back(error.message);
  }});

  for (int i = 0; i < 2; ++i) {  // read, then from the cache
    const auto found = source->Field(expr::Field::kDuration);
    ASSERT_TRUE(found.has_value()) << found.error().message;
    EXPECT_EQ((*found)->count(), 10'000u - 4096u);
    EXPECT_EQ((*found)->RowOf(4095), 4095u);
    EXPECT_EQ((*found)->RowOf(4096), 8192u);
  }
  EXPECT_EQ(reports.size(), 2u);
  EXPECT_EQ(reports.front(), reports.back());
}

// The second zone of their times, and of all whose they are.
TEST_F(DamageTest, EventsWhoseSpansAreLostHaveNoTimes) {
  std::vector<testing::SpanSpec> specs;
  for (int i = 0; i < 10'000; ++i) {
    specs.push_back({.trace = "a",
                     .span = fmt::format("{:x}", i + 1),
                     .start = i,
                     .duration = Nanos(20'000 - i),
                     .events = {{.time = i + i % 50, .name = "e", .attributes = {}}}});
  }
  const model::TraceData data = testing::MakeData(specs);
  const auto columns = std::make_shared<const model::SpanColumns>(wire::otlp::ScatterSpans(data));
  RowGroup group = BuildRowGroup({columns}, {});
  const ColumnEntry& times = Column(group.directory, ColumnField::kEventTime);
  ASSERT_EQ(times.pages.size(), 3u);
  // Numbers that are no ascending rows.
  Column(group.directory, ColumnField::kEventSpan).pages =
      Column(group.directory, ColumnField::kDuration).pages;
  Column(group.directory, ColumnField::kEventSpan).zones =
      Column(group.directory, ColumnField::kDuration).zones;
  std::vector<std::string> reports;
  const auto source =
      Source(group, std::make_shared<LossyPages>(group.pages, times.pages[1]))
          ->PastDamage({.report = [&](const Error& error) { reports.push_back(error.message); }});

  const auto found = source->Field(expr::Field::kEventTime);

  ASSERT_TRUE(found.has_value()) << found.error().message;
  EXPECT_TRUE((*found)->is_lost);
  EXPECT_EQ((*found)->count(), 0u);
  EXPECT_EQ(reports.size(), 2u);
}

/// An input of src/query/match_fuzz.cc: `part` of the searches (0: all) in a row group after so
/// many patches, each of 7 bytes.
void WriteSeed(const std::string& name, unsigned part, const std::string& patches,
               const RowGroup& group) {
  std::string stored;
  WriteDirectory(group.directory, &stored);
  std::string input(1, static_cast<char>(part * 8 + patches.size() / 7));
  input += patches;
  ByteWriter(&input).Fixed(static_cast<std::uint32_t>(stored.size()));
  input.append(stored).append(group.pages.view());
  std::ofstream("tests/fuzz/match_fuzz/" + name, std::ios::binary) << input;
}

// Those of version 2 are row groups that it wrote, with patches in front.
TEST_F(DamageTest, WritesSeedsWhenAsked) {
  if (std::getenv("CLEW_UPDATE_GOLDEN") == nullptr) GTEST_SKIP() << "only with CLEW_UPDATE_GOLDEN";
  unsigned part = 0;
  for (const std::uint64_t seed : {500u, 40u, 3u}) {
    for (const std::uint32_t columns_max : {3u, 400u}) {
      WriteSeed(fmt::format("seed_{}_{}", seed, columns_max), part++, "",
                RandomGroup(seed, columns_max));
    }
  }
  // One change of each kind, and several.
  std::mt19937 random(1);
  const RowGroup group = RandomGroup(500, 3);
  for (unsigned what = 0; what < 12; ++what) {
    for (const int count : {1, 4}) {
      std::string patches;
      ByteWriter writer(&patches);
      for (int i = 0; i < count; ++i) {
        const std::uint32_t values[] = {0, 1, 0x8000'0000, 0xffff'ffff,
                                        static_cast<std::uint32_t>(random() % 64)};
        writer.Fixed(static_cast<std::uint8_t>(what));
        writer.Fixed(static_cast<std::uint8_t>(random()));
        writer.Fixed(static_cast<std::uint8_t>(random() % 4));
        writer.Fixed(values[random() % std::size(values)]);
      }
      WriteSeed(fmt::format("patched_{}_{}", what, count), 1 + part++ % 31, patches, group);
    }
  }
}

}  // namespace
}  // namespace clew::storage
