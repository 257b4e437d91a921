#include "wire/otlp/same_spans.h"

#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <numeric>
#include <random>
#include <utility>

#include "model/testing/trace_builder.h"
#include "wire/otlp/scatter_objects.h"

namespace clew::wire::otlp {
namespace {

using model::Span;
using model::SpanColumns;
using model::SpanKind;
using model::StatusCode;
using model::TraceBuilder;
using model::TraceData;

using ::testing::ElementsAre;

SpanId Id(std::string_view hex) { return SpanId::FromHex(hex).value(); }

std::vector<std::string> Names(const TraceData& trace) {
  std::vector<std::string> names;
  for (const Span& span : trace.spans) names.push_back(span.name);
  return names;
}

// Traces are written here as objects; what is asked is asked of their columns.

void Keep(const KeptSpans& kept, TraceData* trace) {
  std::vector<Span> spans;
  for (const std::uint32_t row : kept.rows) spans.push_back(trace->spans[row]);
  trace->spans = std::move(spans);
}

bool DropDuplicateSpans(TraceData* trace) {
  const KeptSpans kept = DistinctSpans(ScatterSpans(*trace));
  Keep(kept, trace);
  return kept.is_any_replaced;
}

void SortSpans(TraceData* trace) { Keep(SortedDistinctSpans(ScatterSpans(*trace)), trace); }

void JoinEqualRows(TraceData* trace) {
  SpanColumns columns = ScatterSpans(*trace);
  std::vector<std::uint32_t> rows(columns.span_count());
  std::iota(rows.begin(), rows.end(), 0u);
  otlp::JoinEqualRows(rows, &columns);
  for (const std::uint32_t row : rows) {
    trace->spans[row].resource = columns.resource_indexes[row];
    trace->spans[row].scope = columns.scope_indexes[row];
  }
}

void SplitSharedSpanIds(TraceData* trace) {
  SpanColumns columns = ScatterSpans(*trace);
  otlp::SplitSharedSpanIds(&columns);
  for (std::size_t row = 0; row < columns.span_count(); ++row) {
    trace->spans[row].span_id = columns.span_ids[row];
    trace->spans[row].parent_span_id = columns.parent_span_ids[row];
  }
}

TEST(SplitSharedSpanIds, ServerGetsTheSmallestFreeIdAndKeepsItsChildren) {
  TraceBuilder builder;
  builder.Add({.id = "1", .kind = SpanKind::kInternal});
  builder.Add({.id = "a", .parent = "1", .kind = SpanKind::kClient});
  builder.Add({.id = "a", .parent = "1", .kind = SpanKind::kServer});
  builder.Add({.id = "b", .parent = "a"});
  auto& spans = builder.trace().spans;

  SplitSharedSpanIds(&builder.trace());

  EXPECT_EQ(spans[1].span_id, Id("a"));
  EXPECT_EQ(spans[1].parent_span_id, Id("1"));
  EXPECT_EQ(spans[2].span_id, Id("2"));
  EXPECT_EQ(spans[2].parent_span_id, Id("a"));
  EXPECT_EQ(spans[3].parent_span_id, Id("2"));
}

TEST(SplitSharedSpanIds, LeavesAServerAloneThatSharesWithNoClient) {
  TraceBuilder builder;
  builder.Add({.id = "a", .kind = SpanKind::kServer});
  builder.Add({.id = "a", .kind = SpanKind::kServer});
  const auto before = builder.trace().spans;

  SplitSharedSpanIds(&builder.trace());

  EXPECT_EQ(builder.trace().spans, before);
}

TEST(JoinEqualRows, SpansUseTheFirstUsedOfEqualRows) {
  TraceBuilder builder;
  builder.Service("unused").Service("b").Service("a").Service("b").Service("a");
  builder.trace().scopes.resize(3);
  builder.trace().scopes[1].name = "lib";
  for (const std::uint32_t resource : {3u, 2u, 1u, 4u}) {
    builder.Add({.id = "1", .resource = resource, .scope = resource < 3 ? 2u : resource - 3});
  }

  JoinEqualRows(&builder.trace());

  std::vector<std::pair<std::uint32_t, std::uint32_t>> rows;
  for (const Span& span : builder.trace().spans) rows.emplace_back(span.resource, span.scope);
  using Pair = std::pair<std::uint32_t, std::uint32_t>;
  EXPECT_THAT(rows, ElementsAre(Pair(3, 0), Pair(2, 0), Pair(3, 0), Pair(2, 1)));
}

/// Two copies of one span, whose resources and scopes are copies, too.
TraceBuilder TwoCopies() {
  TraceBuilder builder;
  for (std::uint32_t i = 0; i < 2; ++i) {
    builder.Resource({{"service.name", {std::string("a")}}, {"x", {std::nan("")}}});
    builder.trace().scopes.resize(2);
    Span& span = builder.Add({.id = "1", .start = 5, .duration = 7, .resource = i, .scope = i});
    span.attributes = {{"n", {std::nan("1")}}, {"m", {std::int64_t{1}}}, {"m", {true}}};
    span.events.resize(1);
    span.links.resize(1);
  }
  return builder;
}

TEST(DropDuplicateSpans, LooksAtContentNotAtTheOrderOfAttributes) {
  TraceBuilder builder = TwoCopies();
  builder.trace().spans[1].attributes = {
      {"m", {true}}, {"n", {std::nan("2")}}, {"m", {std::int64_t{1}}}};
  std::ranges::reverse(builder.trace().resources[1].attributes);

  DropDuplicateSpans(&builder.trace());

  EXPECT_EQ(builder.trace().spans.size(), 1u);
}

TEST(DropDuplicateSpans, KeepsWhatDiffersInAnyField) {
  const std::vector<std::function<void(TraceData*)>> changes = {
      [](TraceData* t) { t->spans[1].parent_span_id = Id("9"); },
      [](TraceData* t) { t->spans[1].trace_state = "a=b"; },
      [](TraceData* t) { t->spans[1].name = "other"; },
      [](TraceData* t) { t->spans[1].kind = SpanKind::kServer; },
      [](TraceData* t) { t->spans[1].status = StatusCode::kError; },
      [](TraceData* t) { t->spans[1].status_message = "m"; },
      [](TraceData* t) { t->spans[1].flags = 1; },
      [](TraceData* t) { t->spans[1].start = 1; },
      [](TraceData* t) { t->spans[1].end = 99'000; },
      [](TraceData* t) { t->spans[1].attributes[0].value = {1.0}; },
      [](TraceData* t) { t->spans[1].attributes.pop_back(); },
      [](TraceData* t) { t->spans[1].events[0].time = 1; },
      [](TraceData* t) { t->spans[1].events[0].name = "e"; },
      [](TraceData* t) { t->spans[1].events[0].dropped_attributes_count = 1; },
      [](TraceData* t) { t->spans[1].links[0].span_id = Id("3"); },
      [](TraceData* t) { t->spans[1].links[0].flags = 1; },
      [](TraceData* t) { t->spans[1].dropped_attributes_count = 1; },
      [](TraceData* t) { t->spans[1].dropped_events_count = 1; },
      [](TraceData* t) { t->spans[1].dropped_links_count = 1; },
      [](TraceData* t) { t->resources[1].attributes[0].value = {std::string("b")}; },
      [](TraceData* t) { t->resources[1].schema_url = "u"; },
      [](TraceData* t) { t->resources[1].dropped_attributes_count = 1; },
      [](TraceData* t) { t->resources[1].entity_refs = {{"", "host", {"id"}, {}}}; },
      [](TraceData* t) { t->scopes[1].name = "lib"; },
      [](TraceData* t) { t->scopes[1].version = "1"; },
      [](TraceData* t) { t->scopes[1].schema_url = "u"; },
      [](TraceData* t) { t->scopes[1].attributes = {{"k", {true}}}; },
      [](TraceData* t) { t->scopes[1].dropped_attributes_count = 1; },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    TraceBuilder builder = TwoCopies();
    changes[i](&builder.trace());

    DropDuplicateSpans(&builder.trace());

    EXPECT_EQ(builder.trace().spans.size(), 2u) << "change " << i;
  }
}

TEST(DropDuplicateSpans, KeepsTheFirstAndTheOrder) {
  TraceBuilder builder;
  builder.Service("a").Service("a").Service("b");
  builder.Add({.id = "1", .name = "first"});
  builder.Add({.id = "2"}).attributes = {{"n", {1.5}}};
  builder.Add({.id = "2", .resource = 1}).attributes = {{"n", {1.5}}};
  builder.Add({.id = "2", .resource = 2}).attributes = {{"n", {1.5}}};
  builder.Add({.id = "3", .name = "last"});

  DropDuplicateSpans(&builder.trace());

  EXPECT_THAT(Names(builder.trace()), ElementsAre("first", "op", "op", "last"));
  EXPECT_EQ(builder.trace().spans[1].resource, 0u);
  EXPECT_EQ(builder.trace().spans[2].resource, 2u);
}

TEST(DropDuplicateSpans, AFinishedSpanReplacesItsUnfinishedForms) {
  TraceBuilder builder;
  builder.Service("a").Service("a").Service("b");
  builder.Add({.id = "1", .start = 5}).end = 0;
  builder.Add({.id = "1", .start = 5, .duration = 3, .resource = 1}).attributes = {{"n", {true}}};
  builder.Add({.id = "1", .start = 5}).end = 0;
  builder.Add({.id = "1", .start = 6, .name = "another start"}).end = 0;
  builder.Add({.id = "1", .start = 5, .name = "another name"}).end = 0;
  builder.Add({.id = "1", .start = 5, .resource = 2}).end = 0;  // another service

  EXPECT_TRUE(DropDuplicateSpans(&builder.trace()));

  EXPECT_THAT(Names(builder.trace()), ElementsAre("op", "another start", "another name", "op"));
  EXPECT_NE(builder.trace().spans[0].end, 0);
  EXPECT_EQ(builder.trace().spans[3].resource, 2u);
}

// They lie encoded, and not always in one way.
TEST(DistinctSpans, ComparesListsByWhatTheySay) {
  TraceBuilder builder = TwoCopies();
  auto& spans = builder.trace().spans;
  spans[0].attributes = {{"l", {model::Value::KvList{{"a", {1.0}}, {"b", {std::nan("1")}}}}}};
  spans[1].attributes = {{"l", {model::Value::KvList{{"b", {std::nan("2")}}, {"a", {1.0}}}}}};
  EXPECT_THAT(DistinctSpans(ScatterSpans(builder.trace())).rows, ElementsAre(0u));

  spans[1].attributes = {{"l", {model::Value::KvList{{"b", {std::nan("2")}}, {"a", {2.0}}}}}};
  EXPECT_THAT(DistinctSpans(ScatterSpans(builder.trace())).rows, ElementsAre(0u, 1u));
}

TEST(SortSpans, EndsWhenNobodyWaitsAnyMore) {
  TraceBuilder builder;
  builder.Service("s");
  for (int i = 0; i < 10'000; ++i) builder.Add({.id = "1", .start = i});
  const SpanColumns columns = ScatterSpans(builder.trace());
  int asked = 0;
  const model::StopCheck check = [&]() -> Status {
    if (++asked < 3) return {};
    return base::MakeError(Code::kCancelled, "nobody waits");
  };

  const Result<KeptSpans> kept = SortedDistinctSpans(columns, check);

  ASSERT_FALSE(kept.has_value());
  EXPECT_EQ(kept.error().code, Code::kCancelled);
  EXPECT_EQ(asked, 3) << "not after each span, and not at the end only";
}

TEST(SortSpans, GivesOneOrderWhateverTheyCameIn) {
  TraceBuilder builder;
  for (std::int64_t i = 0; i < 20; ++i) {
    builder.Service("s" + std::to_string(i % 2));
    builder.Add({.id = i % 3 == 0 ? "1" : "2", .start = i % 2, .resource = std::uint32_t(i)})
        .attributes = {{"i", {i}}};
  }
  const auto values = [](const TraceData& trace) {
    std::vector<std::int64_t> list;
    for (const Span& span : trace.spans) {
      list.push_back(std::get<std::int64_t>(span.attributes[0].value.data));
    }
    return list;
  };
  TraceData sorted = builder.trace();
  SortSpans(&sorted);
  std::mt19937 random(1);
  for (int round = 0; round < 10; ++round) {
    TraceData shuffled = builder.trace();
    std::ranges::shuffle(shuffled.spans, random);

    SortSpans(&shuffled);

    EXPECT_EQ(values(shuffled), values(sorted));
  }
}

}  // namespace
}  // namespace clew::wire::otlp
