#include "app/cli/waterfall.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "app/cli/text.h"

namespace clew::app::cli {
namespace {

constexpr UnixNanos kStart = 1'700'000'000'000'000'000;

model::Span MakeSpan(std::uint8_t id, std::uint8_t parent, std::string name, int start_ms,
                     int end_ms, std::uint32_t resource) {
  model::Span span;
  span.trace_id = *TraceId::FromHex("0af7651916cd43dd8448eb211c80319c");
  span.span_id.bytes[7] = id;
  span.parent_span_id.bytes[7] = parent;
  span.name = std::move(name);
  span.kind = model::SpanKind::kServer;
  span.start = kStart + UnixNanos{start_ms} * 1'000'000;
  span.end = kStart + UnixNanos{end_ms} * 1'000'000;
  span.resource = resource;
  return span;
}

/// gateway → orders → bank, which fails; and a late call whose parent is missing.
model::TraceData MakeTrace() {
  model::TraceData trace;
  for (const char* service : {"gateway", "orders", "bank"}) {
    model::Resource resource;
    resource.attributes = {{"service.name", {std::string(service)}}};
    trace.resources.push_back(resource);
  }
  trace.scopes.resize(1);
  trace.spans = {MakeSpan(1, 0, "POST /orders", 0, 400, 0),
                 MakeSpan(2, 1, "process_order", 40, 380, 1),
                 MakeSpan(3, 2, "authorize", 100, 300, 2), MakeSpan(4, 1, "log", 390, 391, 0),
                 MakeSpan(5, 99, "cleanup", 200, 240, 2)};
  model::Span& failed = trace.spans[2];
  failed.status = model::StatusCode::kError;
  failed.status_message = "declined";
  failed.attributes = {{"bank.code", {std::int64_t{7}}}};
  failed.events.push_back(
      {.time = failed.end,
       .name = "exception",
       .attributes = {
           {"exception.type", {std::string("Declined")}},
           {"exception.message", {std::string("no money")}},
           {"exception.stacktrace", {std::string("Declined: no money\n\tat bank.cc:7\n")}}}});
  return trace;
}

TEST(Waterfall, ShowsTreeBarsDurationsAndErrors) {
  const std::string drawn = DrawWaterfall(MakeTrace(), {.width = 80}, Style(false));

  EXPECT_EQ(drawn, R"(Trace 0af7651916cd43dd8448eb211c80319c
400ms · 5 spans · 3 services · started 2023-11-14 22:13:20.000 UTC · 1 error
1 span marked ? because the parent has not arrived

                          ╷0         ╷100ms     ╷200ms     ╷300ms       duration
gateway POST /orders      █████████████████████████████████████████████    400ms
├ orders process_order        ███████████████████████████████████████      340ms
│ └ ✗ bank authorize                 ███████████████████████               200ms
│       declined
│       Declined: no money
└ gateway log                                                        █       1ms
? bank cleanup                                  █████                       40ms
)");
}

TEST(Waterfall, AttributesEventsAndResourcesOnRequest) {
  const std::string drawn =
      DrawWaterfall(MakeTrace(), {.width = 80, .has_attributes = true}, Style(false));

  EXPECT_NE(drawn.find("      bank.code = 7\n"), std::string::npos) << drawn;
  EXPECT_NE(drawn.find("        exception.stacktrace = Declined: no money\n"), std::string::npos);
  EXPECT_NE(drawn.find("             at bank.cc:7\n"), std::string::npos);
  for (const char* service : {"gateway", "orders", "bank"}) {
    const std::string line = fmt::format("service.name = {}\n", service);
    const std::size_t first = drawn.find(line);
    ASSERT_NE(first, std::string::npos) << drawn;
    EXPECT_EQ(drawn.find(line, first + 1), std::string::npos) << "once a resource";
  }
}

TEST(Waterfall, ErrorsAreSaidOnceWithAllTheirLines) {
  model::TraceData trace = MakeTrace();
  trace.spans[2].status_message = "no money";
  trace.spans[4].status = model::StatusCode::kError;
  trace.spans[4].status_message = "first line\nsecond line";

  const std::string drawn = DrawWaterfall(trace, {.width = 80}, Style(false));

  EXPECT_NE(drawn.find("200ms\n│       Declined: no money\n└ "), std::string::npos) << drawn;
  EXPECT_NE(drawn.find("✗ ? bank cleanup"), std::string::npos) << "an orphan that failed";
  EXPECT_NE(drawn.find("    first line\n    second line\n"), std::string::npos);
}

TEST(Waterfall, ClocksThatDisagreeAreSaid) {
  model::TraceData trace = MakeTrace();
  EXPECT_EQ(DrawWaterfall(trace, {}, Style(false)).find("clocks"), std::string::npos);

  trace.spans[2].start -= 1'000'000'000;

  EXPECT_NE(DrawWaterfall(trace, {}, Style(false))
                .find("1 span begins before the parent: the clocks of their hosts disagree\n"),
            std::string::npos);
}

TEST(Waterfall, ASpanWithoutTimeNameOrServiceIsDrawn) {
  model::TraceData trace;
  trace.resources.resize(1);
  trace.scopes.resize(1);
  trace.spans = {MakeSpan(1, 0, "", 0, 0, 0)};

  const std::string drawn = DrawWaterfall(trace, {.width = 80}, Style(false));

  EXPECT_NE(drawn.find("\n0ns · 1 span"), std::string::npos) << drawn;
  EXPECT_NE(drawn.find("OTLPResourceNoServiceName empty-span-name"), std::string::npos) << drawn;
}

TEST(Waterfall, SpansOfOneIdAreAllDrawnWithARemark) {
  model::TraceData trace = MakeTrace();
  EXPECT_EQ(DrawWaterfall(trace, {}, Style(false)).find("with the id"), std::string::npos);
  trace.spans.push_back(trace.spans.back());
  trace.spans.back().name = "the other one";

  const std::string drawn = DrawWaterfall(trace, {}, Style(false));

  EXPECT_NE(drawn.find("2 spans with the id of another, different span\n"), std::string::npos);
  EXPECT_NE(drawn.find("the other one"), std::string::npos);
}

TEST(Waterfall, ASpanThatDidNotEndHasNoDuration) {
  model::TraceData trace = MakeTrace();
  trace.spans.resize(1);
  trace.spans[0].end = 0;
  model::Event unset;
  unset.name = "unset";
  trace.spans[0].events = {unset};

  const std::string drawn =
      DrawWaterfall(trace, {.width = 80, .has_attributes = true}, Style(false));

  EXPECT_NE(drawn.find("\n0ns · 1 span"), std::string::npos) << drawn;
  EXPECT_EQ(drawn.find(" -"), std::string::npos) << drawn;
  EXPECT_NE(drawn.find("event unset\n"), std::string::npos) << drawn;
}

TEST(Waterfall, ColoursAreWrittenOnlyWhenAskedFor) {
  EXPECT_EQ(DrawWaterfall(MakeTrace(), {}, Style(false)).find('\x1b'), std::string::npos);
  EXPECT_NE(DrawWaterfall(MakeTrace(), {}, Style(true)).find("\x1b[1;31m"), std::string::npos);
}

TEST(Waterfall, NoLineIsWiderThanTheScreen) {
  model::TraceData trace = MakeTrace();
  for (std::uint8_t id = 10; id < 60; ++id) {
    trace.spans.push_back(MakeSpan(id, id == 10 ? std::uint8_t{2} : std::uint8_t(id - 1),
                                   "a rather long name of an operation", 50, 60, 1));
  }

  for (const std::size_t width : {60u, 100u, 250u}) {
    const std::string drawn = DrawWaterfall(trace, {.width = width}, Style(false));

    for (std::size_t begin = 0; begin < drawn.size();) {
      const std::size_t end = drawn.find('\n', begin);
      // The facts at the top are as long as they are.
      if (begin > 200) {
        EXPECT_LE(TextWidth(drawn.substr(begin, end - begin)), width);
      }
      begin = end + 1;
    }
  }
}

TEST(Waterfall, StrangeTimesAndTextsAreHarmless) {
  model::TraceData trace = MakeTrace();
  trace.spans[1].start = std::numeric_limits<std::int64_t>::min();
  trace.spans[1].end = std::numeric_limits<std::int64_t>::max();
  trace.spans[2].end = 0;
  trace.spans[3].name = "\x1b[2J\n";

  const std::string drawn =
      DrawWaterfall(trace, {.width = 60, .has_attributes = true}, Style(false));

  EXPECT_EQ(drawn.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace clew::app::cli
