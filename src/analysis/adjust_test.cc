#include "analysis/adjust.h"

#include <gmock/gmock.h>

#include "model/testing/trace_builder.h"

namespace clew::analysis {
namespace {

using model::Attributes;
using model::SpanKind;
using model::TraceBuilder;
using model::Value;
using testing::ElementsAre;
using testing::IsEmpty;

SpanId Id(std::string_view hex) { return SpanId::FromHex(hex).value(); }

TEST(SplitSharedSpanIds, ServerGetsTheSmallestFreeIdAndKeepsItsChildren) {
  TraceBuilder builder;
  builder.Add({.id = "1", .kind = SpanKind::kInternal});
  builder.Add({.id = "a", .parent = "1", .kind = SpanKind::kClient});
  builder.Add({.id = "a", .parent = "1", .kind = SpanKind::kServer});
  builder.Add({.id = "b", .parent = "a"});
  auto& spans = builder.trace().spans;

  SplitSharedSpanIds(builder.trace());

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

  SplitSharedSpanIds(builder.trace());

  EXPECT_EQ(builder.trace().spans, before);
}

TEST(SortAttributes, SortsEveryListAndKeepsTheOrderOfEqualKeys) {
  TraceBuilder builder;
  builder.Resource({{"z", {std::int64_t{1}}}, {"a", {true}}});
  auto& span = builder.Add({.id = "1"});
  span.attributes = {{"k", {std::int64_t{2}}}, {"b", {true}}, {"k", {std::int64_t{1}}}};
  span.events.resize(2);
  span.events[0].name = "late";
  span.events[1].name = "early";
  span.events[1].attributes = {{"y", {true}}, {"x", {true}}};
  span.links.resize(1);
  span.links[0].attributes = {{"d", {true}}, {"c", {true}}};

  SortAttributes(builder.trace());

  EXPECT_EQ(builder.trace().resources[0].attributes[0].key, "a");
  EXPECT_EQ(span.attributes,
            (Attributes{{"b", {true}}, {"k", {std::int64_t{2}}}, {"k", {std::int64_t{1}}}}));
  EXPECT_EQ(span.events[0].name, "early");
  EXPECT_EQ(span.events[0].attributes[0].key, "x");
  EXPECT_EQ(span.links[0].attributes[0].key, "c");
}

TEST(RemoveDuplicateSpans, KeepsTheFirstOfEqualSpans) {
  TraceBuilder builder;
  builder.Service("a").Service("a").Service("b");
  builder.Add({.id = "1", .name = "first"});
  builder.Add({.id = "2"}).attributes = {{"n", {1.5}}};
  builder.Add({.id = "2", .resource = 1}).attributes = {{"n", {1.5}}};  // equal content
  builder.Add({.id = "2", .resource = 2}).attributes = {{"n", {1.5}}};  // another service
  builder.Add({.id = "2"}).attributes = {{"n", {std::int64_t{1}}}};     // another value
  builder.Add({.id = "3", .name = "last"});

  RemoveDuplicateSpans(builder.trace());

  std::vector<std::string> ids;
  for (const auto& span : builder.trace().spans) {
    ids.push_back(span.span_id.ToHex().substr(15));
  }
  EXPECT_THAT(ids, ElementsAre("1", "2", "2", "2", "3"));
  EXPECT_EQ(builder.trace().spans[2].resource, 2u);
  EXPECT_EQ(builder.trace().spans[4].name, "last");
}

TEST(WriteIpAttributesAsText, TurnsNumbersIntoDottedText) {
  struct Case {
    std::string key;
    Value value;
    Value expected;
  };
  const std::vector<Case> cases = {
      {"ip", {std::int64_t{(10 << 24) + 1}}, {std::string("10.0.0.1")}},
      {"peer.ipv4", {3232235777.0}, {std::string("192.168.1.1")}},
      {"peer.ipv4", {std::string("1.2.3.4")}, {std::string("1.2.3.4")}},
      {"ip", {-1.5}, {-1.5}},
      {"peer.port", {std::int64_t{80}}, {std::int64_t{80}}},
  };
  for (const Case& c : cases) {
    TraceBuilder builder;
    builder.Resource({{c.key, c.value}});
    builder.Add({.id = "1"}).attributes = {{c.key, c.value}};

    WriteIpAttributesAsText(builder.trace());

    EXPECT_EQ(builder.trace().spans[0].attributes[0].value, c.expected) << c.key;
    EXPECT_EQ(builder.trace().resources[0].attributes[0].value, c.expected) << c.key;
  }
}

TEST(MoveTelemetryAttributes, MovesToTheResourceUnlessTheValuesDiffer) {
  TraceBuilder builder;
  builder.Resource(
      {{"service.name", {std::string("s")}}, {"telemetry.sdk.name", {std::string("otel")}}});
  builder.Add({.id = "1"}).attributes = {{"telemetry.distro.name", {std::string("d")}},
                                         {"telemetry.sdk.name", {std::string("other")}},
                                         {"x", {true}}};

  MoveTelemetryAttributes(builder.trace());

  const auto& span = builder.trace().spans[0];
  EXPECT_EQ(span.attributes,
            (Attributes{{"telemetry.sdk.name", {std::string("other")}}, {"x", {true}}}));
  EXPECT_THAT(span.warnings,
              ElementsAre("conflicting values between Span and Resource for attribute "
                          "telemetry.sdk.name"));
  EXPECT_EQ(model::FindString(builder.trace().resources[0].attributes, "telemetry.distro.name"),
            "d");
}

TEST(RemoveEmptyLinks, RemovesThemWithAWarning) {
  TraceBuilder builder;
  auto& span = builder.Add({.id = "1"});
  span.links.resize(2);
  span.links[1].trace_id = TraceId::FromHex("ff").value();

  RemoveEmptyLinks(builder.trace());

  EXPECT_EQ(span.links.size(), 1u);
  EXPECT_EQ(span.links[0].trace_id, TraceId::FromHex("ff"));
  EXPECT_THAT(span.warnings, ElementsAre("Invalid span link removed"));
}

TEST(AdjustTrace, RunsAllAndTakesAnEmptyTrace) {
  model::TraceData empty;
  AdjustTrace(empty, {});
  EXPECT_THAT(empty.spans, IsEmpty());

  TraceBuilder builder;
  builder.Service("a");
  builder.Add({.id = "7", .duration = 10, .kind = SpanKind::kClient});
  builder.Add({.id = "7", .duration = 10, .kind = SpanKind::kServer});
  builder.Add({.id = "7", .duration = 10, .kind = SpanKind::kClient});

  AdjustTrace(builder.trace(), {});

  ASSERT_EQ(builder.trace().spans.size(), 2u);
  EXPECT_EQ(builder.trace().spans[1].parent_span_id, Id("7"));
  EXPECT_THAT(builder.trace().spans[1].warnings, IsEmpty());
}

}  // namespace
}  // namespace clew::analysis
