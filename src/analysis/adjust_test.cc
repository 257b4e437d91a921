#include "analysis/adjust.h"

#include <gmock/gmock.h>

#include <cmath>

#include "analysis/testing/adjust_objects.h"
#include "model/testing/trace_builder.h"

namespace clew::analysis {
namespace {

using model::Attributes;
using model::SpanKind;
using model::TraceBuilder;
using model::Value;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

SpanId Id(std::string_view hex) { return SpanId::FromHex(hex).value(); }

void SortEvents(model::TraceData& trace) {
  testing::AdjustObjects(trace, [](ShownTrace& shown) { SortEvents(shown); });
}
void WarnOfSharedIds(model::TraceData& trace) {
  testing::AdjustObjects(trace, [](ShownTrace& shown) { WarnOfSharedIds(shown); });
}
void WriteIpAttributesAsText(model::TraceData& trace) {
  testing::AdjustObjects(trace, [](ShownTrace& shown) { WriteIpAttributesAsText(shown); });
}
void MoveTelemetryAttributes(model::TraceData& trace) {
  testing::AdjustObjects(trace, [](ShownTrace& shown) { MoveTelemetryAttributes(shown); });
}
void RemoveEmptyLinks(model::TraceData& trace) {
  testing::AdjustObjects(trace, [](ShownTrace& shown) { RemoveEmptyLinks(shown); });
}
void AdjustTrace(model::TraceData& trace, const AdjustOptions& options) {
  testing::AdjustObjects(trace, [&](ShownTrace& shown) { AdjustTrace(shown, options); });
}

TEST(SortEvents, LeavesEveryListSortedAndKeepsTheOrderOfEqualKeys) {
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

  SortEvents(builder.trace());

  EXPECT_EQ(builder.trace().resources[0].attributes[0].key, "a");
  EXPECT_EQ(span.attributes,
            (Attributes{{"b", {true}}, {"k", {std::int64_t{2}}}, {"k", {std::int64_t{1}}}}));
  EXPECT_EQ(span.events[0].name, "early");
  EXPECT_EQ(span.events[0].attributes[0].key, "x");
  EXPECT_EQ(span.links[0].attributes[0].key, "c");
}

TEST(WarnOfSharedIds, NamesThemAllAndNoOther) {
  TraceBuilder builder;
  builder.Add({.id = "1"});
  builder.Add({.id = "2", .name = "a"});
  builder.Add({.id = "2", .name = "b"});

  WarnOfSharedIds(builder.trace());

  EXPECT_THAT(builder.trace().spans[0].warnings, IsEmpty());
  for (const std::size_t i : {1u, 2u}) {
    EXPECT_THAT(builder.trace().spans[i].warnings,
                ElementsAre("2 different spans of this trace have this span id"));
  }
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

TEST(MoveTelemetryAttributes, StayWithTheSpansUnlessAllOfAResourceHaveTheSame) {
  const Attributes one = {{"telemetry.sdk.name", {std::string("one")}}};
  const Attributes other = {{"telemetry.sdk.name", {std::string("other")}}};
  Attributes twice = one;
  twice.push_back(one[0]);
  for (const Attributes& second : {Attributes{}, other, twice}) {
    TraceBuilder builder;
    builder.Service("s");
    builder.Add({.id = "1"}).attributes = one;
    builder.Add({.id = "2"}).attributes = second;
    const model::TraceData before = builder.trace();

    MoveTelemetryAttributes(builder.trace());

    EXPECT_EQ(builder.trace().resources[0].attributes, before.resources[0].attributes);
    EXPECT_EQ(builder.trace().spans, before.spans);
  }
}

TEST(MoveTelemetryAttributes, ComparesAsSpansAreCompared) {
  TraceBuilder builder;
  builder.Service("s");
  builder.Add({.id = "1"}).attributes = {{"telemetry.sdk.name", {std::nan("1")}}};
  builder.Add({.id = "2"}).attributes = {{"telemetry.sdk.name", {std::nan("2")}}};

  MoveTelemetryAttributes(builder.trace());

  EXPECT_TRUE(builder.trace().spans[0].attributes.empty());
  EXPECT_TRUE(builder.trace().spans[1].attributes.empty());
}

TEST(MoveTelemetryAttributes, MovesWhatAllSpansOfAResourceHave) {
  TraceBuilder builder;
  builder.Service("s").Service("t");
  const Attributes one = {{"telemetry.sdk.name", {std::string("one")}}};
  builder.Add({.id = "1"}).attributes = one;
  builder.Add({.id = "2"}).attributes = one;
  builder.Add({.id = "3", .resource = 1});

  MoveTelemetryAttributes(builder.trace());

  for (const model::Span& span : builder.trace().spans) {
    EXPECT_THAT(span.attributes, IsEmpty());
    EXPECT_THAT(span.warnings, IsEmpty());
  }
  const auto& resources = builder.trace().resources;
  EXPECT_EQ(model::FindString(resources[0].attributes, "telemetry.sdk.name"), "one");
  EXPECT_EQ(resources[1].attributes.size(), 1u);
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
