#include "model/split_traces.h"

#include <gmock/gmock.h>

#include <string>

#include "base/testing/counted_memory.h"
#include "model/memory.h"
#include "model/own_text.h"
#include "model/select_rows.h"
#include "model/testing/small_columns.h"

namespace clew::model {
namespace {

using testing::ElementsAre;

std::uint8_t NumberOf(const TraceId& id) { return id.bytes.back(); }

TEST(TraceSplitter, GivesEachTraceItsSpansAndWhatTheyUse) {
  ColumnsBuilder builder;
  builder.Span(7, "a", "x", 1, 1).Span(3, "b", "y", 2).Span(7, "c", "y", 0, 2).Span(3, "d", "y");
  const auto made = TraceSplitter::Make(builder.Share());
  const TraceSplitter& splitter = **made;

  const auto traces = *splitter.Split({true, true});

  ASSERT_EQ(splitter.ids().size(), 2u);
  EXPECT_EQ(NumberOf(splitter.ids()[0]), 7);
  EXPECT_THAT(DescribeColumns(*traces[0]), ElementsAre("a(a) x(x) x(x) a.e0(a.e0) a.l0(a.l0)",
                                                       "c(c) y(y) y(y) c.l0(c.l0) c.l1(c.l1)"));
  EXPECT_THAT(DescribeColumns(*traces[1]),
              ElementsAre("b(b) y(y) y(y) b.e0(b.e0) b.e1(b.e1)", "d(d) y(y) y(y)"));
  EXPECT_EQ(traces[1]->resources.count(), 1u) << "it does not use the other one";
}

TEST(TraceSplitter, LeavesOutWhatIsNotWanted) {
  ColumnsBuilder builder;
  builder.Span(1, "a").Span(2, "b").Span(3, "c");

  const auto made = TraceSplitter::Make(builder.Share());
  const auto traces = *(*made)->Split({true, false, true});

  EXPECT_THAT(DescribeColumns(*traces[0]), ElementsAre("a(a) r(r) r(r)"));
  EXPECT_EQ(traces[1], nullptr);
  EXPECT_THAT(DescribeColumns(*traces[2]), ElementsAre("c(c) r(r) r(r)"));
}

TEST(TraceSplitter, TakesNothing) {
  const auto made = TraceSplitter::Make(std::make_shared<const SpanColumns>());
  EXPECT_TRUE((*made)->Split({})->empty());
}

TEST(TraceSplitter, ATraceTakesNoMoreThanItSays) {
  const std::string large(20'000, 'l');
  for (const std::size_t trace_count : {1u, 2u, 50u}) {
    ColumnsBuilder builder;
    for (std::size_t i = 0; i < 400; ++i) {
      const auto trace = static_cast<std::uint8_t>(i % trace_count + 1);
      builder.Span(trace, i % 100 == 0 ? large : std::to_string(i), std::to_string(i % 5), i % 3);
    }
    const auto made = TraceSplitter::Make(builder.Share());
    const TraceSplitter& splitter = **made;

    const auto traces = *splitter.Split(std::vector<bool>(trace_count, true));

    ASSERT_EQ(traces.size(), trace_count);
    for (std::size_t i = 0; i < traces.size(); ++i) {
      EXPECT_LE(MemoryOf(*traces[i]), splitter.bytes_max()[i]) << trace_count;
      // Texts come three times here: by name, as a value, and in those of events.
      EXPECT_GE(MemoryOf(*traces[i]), splitter.bytes_max()[i] / 4) << trace_count;
    }
  }
}

// Counted at the allocator.
TEST(TraceSplitter, WhatIsSaidOfATraceIsWhatItHolds) {
  ColumnsBuilder builder;
  for (int i = 0; i < 2000; ++i) {
    builder.Span(static_cast<std::uint8_t>(i % 2), std::string(1000, 'x') + std::to_string(i));
  }
  const auto made = TraceSplitter::Make(builder.Share());
  const TraceSplitter& splitter = **made;
  std::vector<SpanColumnsPtr> traces;

  const std::uint64_t peak =
      base::testing::PeakOf([&] { traces = *splitter.Split({true, false}); });

  EXPECT_LE(peak, splitter.bytes_max()[0] + 64'000) << "lists of which goes where come on top";
  EXPECT_GE(peak, MemoryOf(*traces[0]) * 9 / 10);
}

/// So many traces of one span each that share one resource with so many attributes.
SpanColumnsPtr SharedResource(std::uint32_t trace_count, std::uint32_t attribute_count) {
  SpanColumns columns;
  AddRow<Owner::kResource>(&columns);
  AddRow<Owner::kScope>(&columns);
  for (std::uint32_t i = 0; i < trace_count; ++i) {
    AddRow<Owner::kSpan>(&columns);
    TraceId id;
    id.bytes[0] = static_cast<std::uint8_t>(i >> 16);
    id.bytes[1] = static_cast<std::uint8_t>(i >> 8);
    id.bytes[2] = static_cast<std::uint8_t>(i);
    columns.trace_ids.Set(i, id);
  }
  for (std::uint32_t i = 0; i < attribute_count; ++i) {
    columns.memory.emplace_back(std::to_string(i));
    AttributeColumn& column = columns.attributes.emplace_back();
    column.owner = Owner::kResource;
    column.type = ValueType::kInt;
    column.key = columns.memory.back().view();
    column.rows.push_back(0);
    column.numbers.push_back(i);
  }
  return std::make_shared<const SpanColumns>(std::move(columns));
}

// 2 * 10^9 steps, were each attribute looked at for each trace: it would not end in the time of a
// test.
TEST(TraceSplitter, SumsUpAResourceOnceHoweverManyTracesUseIt) {
  const auto made = TraceSplitter::Make(SharedResource(100'000, 20'000));
  std::vector<bool> is_wanted(100'000, false);
  is_wanted[7] = true;

  const auto traces = *(*made)->Split(is_wanted);

  EXPECT_EQ(traces[7]->attributes.size(), 20'000u);
  EXPECT_LE(MemoryOf(*traces[7]), (*made)->bytes_max()[7]);
  EXPECT_GE(MemoryOf(*traces[7]), (*made)->bytes_max()[7] / 2);
}

TEST(TraceSplitter, EndsWhenNobodyWaitsAnyMore) {
  int asked = 0;
  const StopCheck check = [&]() -> Status {
    if (++asked < 20) return {};
    return base::MakeError(Code::kCancelled, "nobody waits");
  };
  const SpanColumnsPtr columns = SharedResource(2'000, 2'000);
  EXPECT_EQ(TraceSplitter::Make(columns, check).error().code, Code::kCancelled);
  const auto made = TraceSplitter::Make(columns);
  asked = 0;
  EXPECT_EQ((*made)->Split(std::vector<bool>(2'000, true), check).error().code, Code::kCancelled);
  EXPECT_EQ(asked, 20);
}

// Here since memory is counted here: a large trace is written a few spans at a time.
TEST(SelectSpans, OfALargeBatchTakesNoMoreThanWhatIsTaken) {
  ColumnsBuilder builder;
  for (int i = 0; i < 20'000; ++i) builder.Span(1, "n", i < 5 ? "x" : "y", 1, 1);
  const SpanColumnsPtr columns = builder.Share();
  for (const std::vector<std::uint32_t>& rows :
       {std::vector<std::uint32_t>{7'000, 7'001, 7'002}, {3, 9'000, 17'000}, {9'000, 8, 17'000}}) {
    SpanColumns few;

    const std::uint64_t peak = base::testing::PeakOf([&] { few = SelectSpans(*columns, rows); });

    EXPECT_EQ(few.span_count(), 3u);
    // Shared memory is listed.
    EXPECT_LT(peak, 30'000 + few.memory.capacity() * sizeof(Bytes)) << "of 20,000 rows";
  }
}

TEST(OwnText, LetsGoOfWhatItWasAViewOf) {
  ColumnsBuilder builder;
  builder.Span(1, "a", "x", 1, 1).Span(1, "b", "y");
  const std::vector<std::string> before = DescribeColumns(builder.columns());
  const std::weak_ptr<const void> memory = builder.columns().memory.front().owner();

  OwnText(&builder.columns());

  EXPECT_TRUE(memory.expired());
  EXPECT_EQ(DescribeColumns(builder.columns()), before);
}

TEST(OwnText, CopiesWhatIsViewedOftenOnce) {
  const std::string text(100, 'x');
  SpanColumns columns;
  for (int i = 0; i < 10'000; ++i) {
    AddRow<Owner::kSpan>(&columns);
    columns.names.Set(static_cast<std::size_t>(i), text);
  }

  OwnText(&columns);

  EXPECT_EQ(columns.names[9999], text);
  EXPECT_LT(MemoryOf(columns) - TableBytes(columns), 70'000u);
}

}  // namespace
}  // namespace clew::model
