#include "storage/format/block_filters.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdint>

#include "base/metrics.h"
#include "scan/evaluate.h"
#include "storage/encoding/bloom_filter.h"
#include "storage/format/block.h"
#include "storage/testing/test_store.h"
#include "storage/testing/write_block.h"
#include "wire/otlp/scatter_objects.h"

namespace clew::storage {
namespace {

using expr::Expression;
using expr::Field;
using expr::Literal;
using expr::Scope;
using model::Value;
using testing::SpanSpec;

Value Text(const char* text) { return Value{std::string(text)}; }

std::shared_ptr<const RowGroup> Seal(const model::TraceData& data,
                                     const RowGroupLimits& limits = {}) {
  return std::make_shared<const RowGroup>(BuildRowGroup(
      {std::make_shared<const model::SpanColumns>(wire::otlp::ScatterSpans(data))}, limits));
}

std::shared_ptr<const RowGroup> Group(const std::vector<SpanSpec>& spans) {
  return Seal(testing::MakeData(spans));
}

Expression IsShown(const char* key, std::string text) {
  return expr::ShownAs(expr::Attribute(Scope::kAny, key), std::move(text));
}

Expression IsText(expr::Reference reference, std::string text) {
  return expr::Compare(expr::Op::kEqual, std::move(reference), Literal::String(std::move(text)));
}

Expression IsText(Field field, std::string text) {
  return IsText(expr::Of(field), std::move(text));
}

TraceId Id(const char* hex) { return *TraceId::FromHex(hex); }

class FilteredBlockTest : public ::testing::Test {
 protected:
  BlockPtr Open() {
    const auto block = OpenBlock({*store_, cache_, directories_, &meters_}, "block");
    EXPECT_TRUE(block.has_value());
    return *block;
  }

  // By row group.
  static std::vector<bool> MayHold(const Block& block, const Expression& expression) {
    std::vector<bool> may_hold;
    for (const auto& source : block.sources) {
      may_hold.push_back(source->MayHold(scan::FilterQuestion(expression)));
    }
    return may_hold;
  }

  std::unique_ptr<ObjectStore> store_ = MakeMemoryObjectStore();
  base::Metrics metrics_;
  ScanCache cache_{1u << 20, metrics_};
  ScanCache directories_{1u << 20, metrics_};
  const FilterMeters meters_{metrics_.Counter("skips", "", {{"filter", "traces"}}),
                             metrics_.Counter("skips", "", {{"filter", "values"}})};
};

// A block of two row groups: "a" in both, "b" in the first, "c" in the second.
class BlockFiltersTest : public FilteredBlockTest {
 protected:
  void SetUp() override {
    const std::vector<std::shared_ptr<const RowGroup>> groups = {
        Group({{.trace = "a", .span = "1", .service = "front", .name = "GET"},
               {.trace = "b",
                .span = "2",
                .service = "front",
                .attributes = {{"k", Text("first")}}}}),
        Group(
            {{.trace = "a", .span = "3", .service = "back", .attributes = {{"k", Text("second")}}},
             {.trace = "c",
              .span = "4",
              .service = "back",
              .status = model::StatusCode::kError,
              .attributes = {{"n", Value{std::int64_t{7}}}}}})};
    ASSERT_TRUE(testing::WriteBlock(*store_, "block", {}, groups).has_value());
  }

  void Replace(std::string_view bytes) {
    ASSERT_TRUE(store_->Delete("block").has_value());
    ASSERT_TRUE(store_->PutIfAbsent("block", {bytes}).has_value());
  }
};

using Bools = std::vector<bool>;

TEST_F(BlockFiltersTest, SayWhichRowGroupsMayHoldAValue) {
  const BlockPtr block = Open();

  EXPECT_EQ(MayHold(*block, IsShown("k", "first")), Bools({true, false}));
  EXPECT_EQ(MayHold(*block, IsShown("k", "second")), Bools({false, true}));
  EXPECT_EQ(MayHold(*block, IsShown("k", "third")), Bools({false, false}));
  EXPECT_EQ(MayHold(*block, IsShown("n", "7")), Bools({false, true}));
  EXPECT_EQ(MayHold(*block, IsText(Field::kService, "back")), Bools({false, true}));
  EXPECT_EQ(MayHold(*block, IsText(Field::kName, "GET")), Bools({true, false}));
  EXPECT_EQ(MayHold(*block, IsText(Field::kName, "empty-span-name")), Bools({true, true}));
  EXPECT_EQ(MayHold(*block, IsText(Field::kStatus, "error")), Bools({false, true}));
  EXPECT_EQ(MayHold(*block, IsText(Field::kKind, "client")), Bools({false, false}));
  EXPECT_EQ(meters_.skipped_by_value.Value(), 10);
}

// All of them different, or each there twice: of both there are too many to have keys of their own.
TEST_F(FilteredBlockTest, APatternIsLookedForWhereTheRowsHaveItsParts) {
  std::vector<std::shared_ptr<const RowGroup>> groups;
  for (const char* const last : {"/orders/last", "/Checkout/last"}) {
    std::vector<SpanSpec> spans;
    for (int i = 0; i < 34'000; ++i) {
      spans.push_back({.trace = fmt::format("{:x}", i + 1),
                       .span = "1",
                       .service = "shop",
                       .attributes = {{"all", {fmt::format("/orders/{}", i)}},
                                      {"twice", {fmt::format("/orders/{}", i / 2)}}}});
    }
    for (auto& [key, value] : spans.back().attributes) value = Text(last);
    groups.push_back(Group(spans));
  }
  ASSERT_TRUE(testing::WriteBlock(*store_, "block", {}, groups).has_value());
  const BlockPtr block = Open();
  for (const char* const key : {"all", "twice"}) {
    const auto may_match = [&](const char* pattern) {
      return MayHold(*block, Matches(expr::Attribute(Scope::kSpan, key),
                                     *expr::Pattern::CompileWhole(pattern)));
    };
    EXPECT_EQ(may_match(".*orders.*"), Bools({true, true})) << key;
    EXPECT_EQ(may_match("(?i).*checkout.*"), Bools({false, true})) << key;
    EXPECT_EQ(may_match(".*(payment|Checkout).*"), Bools({false, true})) << key;
    EXPECT_EQ(may_match(".*payment.*"), Bools({false, false})) << key;
    EXPECT_EQ(may_match(".*"), Bools({true, true})) << key;
    EXPECT_EQ(MayHold(*block, IsShown(key, "/Checkout/last")), Bools({false, true})) << key;
    EXPECT_EQ(MayHold(*block, IsShown(key, "/payment/1")), Bools({false, false})) << key;
  }
}

TEST_F(BlockFiltersTest, WhatNoSpanCanMeetIsNotSkippedByAFilter) {
  EXPECT_EQ(MayHold(*Open(), expr::False()), Bools({false, false}));
  EXPECT_EQ(meters_.skipped_by_value.Value(), 0);
}

TEST_F(BlockFiltersTest, TheFilterOfTracesIsReadOnceForAllOfThem) {
  const BlockPtr block = Open();
  ASSERT_TRUE(store_->Delete("block").has_value());
  const prometheus::Counter& misses = metrics_.Counter("clew_query_cache_misses", "");
  const double before = misses.Value();

  EXPECT_FALSE(block->sources[0]->TraceStarts(std::vector{Id("a"), Id("b"), Id("c")}).has_value());

  EXPECT_EQ(misses.Value() - before, 3) << "the filter, the footer and the row group";
}

TEST_F(BlockFiltersTest, ATraceThatIsNotHereIsNotLookedForInRowGroups) {
  const BlockPtr block = Open();
  const scan::SpanSource& first = *block->sources[0];
  const std::vector<TraceId> absent = {Id("d"), Id("e")};
  EXPECT_EQ(*first.ReadTraces(absent, scan::ReadExtent::kAll), nullptr);
  // From now on only what is in memory answers.
  ASSERT_TRUE(store_->Delete("block").has_value());

  EXPECT_EQ(*first.ReadTraces(absent, scan::ReadExtent::kAll), nullptr);
  EXPECT_EQ(first.TraceStarts(absent)->size(), 2u);
  EXPECT_FALSE(first.ReadTraces(std::vector{Id("b")}, scan::ReadExtent::kAll).has_value());
  EXPECT_EQ(meters_.skipped_by_trace.Value(), 3);
}

TEST_F(BlockFiltersTest, TracesAreFoundAmongOthersThatAreNot) {
  const BlockPtr block = Open();
  const std::vector<TraceId> ids = {Id("9"), Id("a"), Id("b"), Id("c"), Id("d")};

  const auto starts = block->sources[1]->TraceStarts(ids);
  const auto spans = block->sources[1]->ReadTraces(ids, scan::ReadExtent::kAll);

  ASSERT_TRUE(starts.has_value());
  Bools found;
  for (const auto& start : *starts) found.push_back(start.has_value());
  EXPECT_EQ(found, Bools({false, true, false, true, false}));
  EXPECT_EQ((*spans)->span_count(), 2u);
}

// A block whose filter of values has several pages.
class LargeFilterTest : public FilteredBlockTest {
 protected:
  void SetUp() override {
    std::vector<SpanSpec> spans;
    for (int i = 0; i < 6000; ++i) {
      SpanSpec& span =
          spans.emplace_back(SpanSpec{.trace = "a", .span = fmt::format("{:x}", i + 1)});
      if (i % 2 == 0) span.attributes = {{"k", Value{fmt::format("value {}", i)}}};
    }
    ASSERT_TRUE(testing::WriteBlock(*store_, "block", {}, {Group(spans)}).has_value());
  }

  double Misses() { return metrics_.Counter("clew_query_cache_misses", "").Value(); }
};

TEST_F(LargeFilterTest, IsAskedAPageAtATime) {
  const BlockPtr block = Open();
  ASSERT_GT(block->outline->filters.values.length, kFilterPageBytes);
  const double before = Misses();

  for (int i = 0; i < 6000; i += 100) {
    EXPECT_EQ(MayHold(*block, IsShown("k", fmt::format("value {}", i))), std::vector<bool>({true}));
  }
  int found = 0;
  for (int i = 1; i < 6000; i += 2) {
    if (MayHold(*block, IsShown("k", fmt::format("value {}", i))).front()) ++found;
  }
  EXPECT_LT(found, 60) << "of 3000 that are nowhere";
  EXPECT_EQ(Misses(), before) << "the whole filter was read";
}

TEST_F(LargeFilterTest, RemembersTheLastAnswers) {
  const BlockPtr block = Open();
  EXPECT_EQ(MayHold(*block, IsShown("k", "value 1")), std::vector<bool>({false}));
  ASSERT_TRUE(store_->Delete("block").has_value());

  EXPECT_EQ(MayHold(*block, IsShown("k", "value 1")), std::vector<bool>({false}));
  EXPECT_EQ(MayHold(*block, IsShown("k", "value 3")), std::vector<bool>({true}));
}

TEST_F(LargeFilterTest, SaysNothingOfDamagedPages) {
  const std::string whole(store_->Get("block")->view());
  const BlockPtr sound = Open();
  const FilterRefs& filters = sound->outline->filters;
  const std::uint64_t pages_end = sound->outline->pages_end;
  // Each page of the filter in turn, then each checksum: nothing that is there is ruled out.
  std::vector<std::uint64_t> places;
  for (std::uint64_t page = 0; page < FilterPageCount(filters.FiltersSize()); ++page) {
    places.push_back(pages_end + page * kFilterPageBytes + 9);
    places.push_back(pages_end + filters.page_checksums.offset + page * sizeof(std::uint64_t));
  }
  for (const std::uint64_t place : places) {
    std::string damaged = whole;
    damaged[place] = static_cast<char>(~damaged[place]);
    ASSERT_TRUE(store_->Delete("block").has_value());
    ASSERT_TRUE(store_->PutIfAbsent("block", {damaged}).has_value());
    const BlockPtr block = Open();
    for (int i = 0; i < 6000; i += 20) {
      EXPECT_EQ(MayHold(*block, IsShown("k", fmt::format("value {}", i))),
                std::vector<bool>({true}));
    }
  }
}

TEST_F(BlockFiltersTest, ADamagedFilterSaysNothing) {
  const std::string whole(store_->Get("block")->view());
  const auto layout = ReadBlockLayout(*store_, "block");
  const std::uint64_t end = layout->pages_end + layout->filters.ByteSize();
  ASSERT_EQ(layout->filters.group_values.size(), 2u);
  for (std::uint64_t at = layout->pages_end; at < end; at += kBloomBlockBytes) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    Replace(damaged);
    const BlockPtr block = Open();

    const Bools first = MayHold(*block, IsShown("k", "first"));
    EXPECT_TRUE(first[0]);
    EXPECT_TRUE(MayHold(*block, IsShown("k", "second"))[1]);
    const auto absent = block->sources[0]->ReadTraces(std::vector{Id("d")}, {});
    ASSERT_TRUE(absent.has_value());
    EXPECT_EQ(*absent, nullptr);
    EXPECT_NE(*block->sources[0]->ReadTraces(std::vector{Id("b")}, {}), nullptr);
  }
  // All of them at once.
  std::string damaged = whole;
  for (std::uint64_t at = layout->pages_end; at < end; ++at) damaged[at] = '\0';
  Replace(damaged);
  EXPECT_EQ(MayHold(*Open(), IsShown("k", "third")), Bools({true, true}));
}

TEST_F(BlockFiltersTest, AFilterThatCannotBeReadNowSaysNothing) {
  const BlockPtr block = Open();
  const std::string whole(store_->Get("block")->view());
  ASSERT_TRUE(store_->Delete("block").has_value());
  EXPECT_EQ(MayHold(*block, IsShown("k", "third")), Bools({true, true}));

  ASSERT_TRUE(store_->PutIfAbsent("block", {whole}).has_value());
  EXPECT_EQ(MayHold(*block, IsShown("k", "third")), Bools({false, false}));
}

TEST(BlockFilters, OneRowGroupHasNoFilterOfItsOwn) {
  const BlockFilters filters = MakeBlockFilters({Group({{.trace = "a", .span = "1"}})});

  EXPECT_TRUE(filters.refs.group_values.empty());
  EXPECT_EQ(filters.refs.ByteSize(), filters.bytes.size());
}

TEST(BlockFilters, WithoutRowGroupsThereAreNone) {
  const BlockFilters filters = MakeBlockFilters({});

  EXPECT_EQ(filters.refs.traces.length, 0u);
  EXPECT_EQ(filters.refs.values.length, 0u);
  EXPECT_EQ(filters.bytes, "");
}

TEST_F(FilteredBlockTest, ServicesAndRareTextsAreCountedOnceHoweverManyRowsHaveThem) {
  const std::string texts[] = {"one", "two", "three"};
  std::vector<SpanSpec> spans;
  for (std::int64_t i = 0; i < 20'000; ++i) {
    const std::string& text = texts[i % 3];
    spans.push_back({.trace = "a",
                     .span = std::to_string(i + 1),
                     .service = text,
                     .attributes = {{"k", Value{text}}},
                     .resource_attributes = {{"instance", Value{i}}}});
  }
  const auto group = Seal(testing::MakeData(spans), {.attribute_column_count_max = 0});
  ASSERT_EQ(group->directory.stats.resource_count, 20'000u);
  ASSERT_TRUE(testing::WriteBlock(*store_, "block", {}, {group}).has_value());
  const BlockPtr block = Open();

  for (const std::string& text : texts) {
    EXPECT_EQ(MayHold(*block, IsText(Field::kService, text)), Bools({true}));
    EXPECT_EQ(MayHold(*block, IsShown("k", text)), Bools({true}));
  }
  EXPECT_EQ(MayHold(*block, IsText(Field::kService, "four")), Bools({false}));
  EXPECT_EQ(MayHold(*block, IsShown("k", "four")), Bools({false}));
}

// So different that their columns are stored plain.
class DiverseTextsTest : public FilteredBlockTest {
 protected:
  static constexpr std::size_t kSpanCount = 5000;

  void SetUp() override {
    std::vector<SpanSpec> spans;
    for (std::size_t i = 0; i < kSpanCount; ++i) {
      const std::string number = std::to_string(i);
      spans.push_back({.trace = "a",
                       .span = std::to_string(i + 1),
                       .name = "name " + number,
                       .attributes = {{"k", Value{"value " + number}}},
                       .events = {{.time = 1, .name = "event " + number, .attributes = {}}}});
    }
    // A column of its own, which is not left out.
    const std::string longest[] = {std::string(1024, 'x'), std::string(1025, 'x'),
                                   std::string(1024, '\xFF'), ""};
    for (std::size_t i = 0; i < std::size(longest); ++i) {
      spans[i].attributes.push_back({"long", Value{longest[i]}});
    }
    model::TraceData data = testing::MakeData(spans);
    for (std::size_t i = 0; i < kSpanCount; ++i) {
      data.spans[i].status_message = "message " + std::to_string(i);
    }
    ASSERT_TRUE(testing::WriteBlock(*store_, "block", {}, {Seal(data)}).has_value());
    block_ = Open();
  }

  bool May(const Expression& expression) const { return MayHold(*block_, expression)[0]; }

  // A filter may only say what a scan says, too.
  void ExpectOneSpan(const Expression& expression, const std::string& what) const {
    const auto truth = scan::Evaluate(expression, *block_->sources[0]);
    ASSERT_TRUE(truth.has_value()) << what;
    EXPECT_EQ(truth->holds.Rows().size(), 1u) << what;
    EXPECT_TRUE(May(expression)) << what;
  }

  BlockPtr block_;
};

TEST_F(DiverseTextsTest, EachIsFound) {
  const auto key = expr::Attribute(Scope::kSpan, "k");
  for (std::size_t i = 0; i < kSpanCount; ++i) {
    const std::string number = std::to_string(i);
    const Expression all[] = {IsText(Field::kName, "name " + number),
                              IsText(Field::kStatusMessage, "message " + number),
                              IsText(Field::kEventName, "event " + number),
                              IsText(key, "value " + number), IsShown("k", "value " + number)};
    for (const Expression& expression : all) ASSERT_TRUE(May(expression)) << number;
    if (i % 1000 != 0) continue;
    for (const Expression& expression : all) ExpectOneSpan(expression, number);
  }
}

TEST_F(DiverseTextsTest, TheLongestAreFoundAsStoredAndAsShown) {
  const auto key = expr::Attribute(Scope::kSpan, "long");
  std::string shown;
  for (int i = 0; i < 1024; ++i) shown += "\xEF\xBF\xBD";
  for (const std::string& text :
       {std::string(1024, 'x'), std::string(1025, 'x'), std::string(1024, '\xFF'), shown}) {
    const std::string what = std::to_string(text.size()) + " bytes of " + text.front();
    ExpectOneSpan(IsShown("long", text), what);
    ExpectOneSpan(IsText(key, text), what);
  }
  ExpectOneSpan(IsText(key, ""), "empty");
  EXPECT_FALSE(May(IsShown("long", std::string(1024, 'y')))) << "the filter says nothing";
  EXPECT_FALSE(May(IsText(key, std::string(1023, 'x'))));
}

std::string Fact(std::uint64_t offset, std::uint64_t length) {
  return EncodeTraceFilterFact({.traces = {offset, length, 1}, .values = {}, .group_values = {}});
}

TEST(BlockFilters, NoFilterReachesPastTheRoomThereIs) {
  constexpr std::uint64_t kMax = ~std::uint64_t{0};
  FilterRefs refs;
  EXPECT_TRUE(DecodeTraceFilterFact(Fact(36, 64), 100, &refs));
  EXPECT_EQ(refs.traces.offset, 36u);
  EXPECT_TRUE(DecodeTraceFilterFact(Fact(0, 0), 0, &refs));
  EXPECT_FALSE(DecodeTraceFilterFact(Fact(37, 64), 100, &refs));
  EXPECT_FALSE(DecodeTraceFilterFact(Fact(0, 63), 100, &refs)) << "not of whole blocks";
  EXPECT_FALSE(DecodeTraceFilterFact(Fact(kMax, 64), 100, &refs));
  EXPECT_FALSE(DecodeTraceFilterFact(Fact(64, kMax - 31), kMax, &refs));
  EXPECT_FALSE(DecodeTraceFilterFact(Fact(0, kBloomBytesMax + 32), kMax, &refs));
  EXPECT_FALSE(DecodeTraceFilterFact(Fact(0, 32) + "x", 100, &refs));
  EXPECT_FALSE(DecodeTraceFilterFact("", 100, &refs));
}

TEST(BlockFilters, EveryRowGroupHasAFilterOrNone) {
  const auto fact = [](std::size_t count) {
    return EncodeValueFilterFact(
        {.traces = {}, .values = {0, 32, 1}, .group_values = std::vector<FilterRef>(count)});
  };
  FilterRefs refs;
  EXPECT_TRUE(DecodeValueFilterFact(fact(0), 100, 3, &refs));
  EXPECT_TRUE(DecodeValueFilterFact(fact(3), 100, 3, &refs));
  EXPECT_EQ(refs.group_values.size(), 3u);
  EXPECT_FALSE(DecodeValueFilterFact(fact(2), 100, 3, &refs));
  EXPECT_FALSE(DecodeValueFilterFact(fact(4), 100, 3, &refs));
  EXPECT_FALSE(DecodeValueFilterFact(fact(1), 100, 0, &refs));
}

}  // namespace
}  // namespace clew::storage
