#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "traceql/metrics/testing/example_spans.h"

/// What compare() gives of traces.
namespace clew::traceql::metrics {
namespace {

using model::StatusCode;
using Lines = std::vector<std::string>;

model::Value Text(const char* text) { return {std::string(text)}; }
model::Value Int(std::int64_t number) { return {number}; }

const testing::Traces& Shop() {
  static const testing::Traces traces = testing::MakeTraces({
      {.trace = "a",
       .start = 101,
       .duration = 1,
       .name = "get",
       .service = "front",
       .attributes = {{"code", Int(200)}, {"flag", {true}}}},
      {.trace = "a",
       .start = 102,
       .duration = 1,
       .name = "pay",
       .service = "bank",
       .status = StatusCode::kError,
       .attributes = {{"code", Int(500)}, {"octets", {model::ByteString{"x"}}}},
       .events = {{.name = "exception", .attributes = {{"type", Text("io")}}},
                  {.name = "exception", .attributes = {{"type", Text("net")}}}}},
      {.trace = "b",
       .start = 103,
       .duration = 1,
       .name = "get",
       .service = "front",
       .attributes = {{"code", Int(200)}}},
      {.trace = "b",
       .start = 104,
       .duration = 1,
       .name = "get",
       .service = "front",
       .status = StatusCode::kError,
       .attributes = {{"code", Int(503)}}},
      {.trace = "b", .start = 131, .duration = 1, .name = "late"},
  });
  return traces;
}

/// The series whose labels have `part` in them.
Lines Ask(std::string_view query, std::string_view part,
          const TimeRange& range = testing::Range(100, 130, 30)) {
  const std::string text = testing::Describe(testing::Ask(query, Shop(), range));
  Lines lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    if (line.find(part) != std::string::npos) lines.push_back(line);
    begin = end + 1;
  }
  return lines;
}

TEST(Compare, CountsValuesOfSelectionAndBaseline) {
  EXPECT_EQ(Ask("{ } | compare({ status = error })", "code"),
            (Lines{R"({__meta_type="baseline", span.code=200} 130:2)",
                   R"({__meta_type="baseline_total", span.code="nil"} 130:2)",
                   R"({__meta_type="selection", span.code=500} 130:1)",
                   R"({__meta_type="selection", span.code=503} 130:1)",
                   R"({__meta_type="selection_total", span.code="nil"} 130:2)"}));
  EXPECT_EQ(Ask("{ } | compare({ status = error })", "service.name"),
            (Lines{R"({__meta_type="baseline", resource.service.name="front"} 130:2)",
                   R"({__meta_type="baseline_total", resource.service.name="nil"} 130:2)",
                   R"({__meta_type="selection", resource.service.name="bank"} 130:1)",
                   R"({__meta_type="selection", resource.service.name="front"} 130:1)",
                   R"({__meta_type="selection_total", resource.service.name="nil"} 130:2)"}));
  // Once for the span and each value.
  EXPECT_EQ(Ask("{ } | compare({ status = error })", "event"),
            (Lines{R"({__meta_type="selection", event.type="io"} 130:1)",
                   R"({__meta_type="selection", event.type="net"} 130:1)",
                   R"({__meta_type="selection", event:name="exception"} 130:1)",
                   R"({__meta_type="selection_total", event.type="nil"} 130:1)",
                   R"({__meta_type="selection_total", event:name="nil"} 130:1)"}));
}

TEST(Compare, LooksAtEverythingThatSeveralSpansCanShare) {
  Lines names;
  for (const std::string& line : Ask("{ } | compare({ false })", "_total")) {
    const std::size_t begin = line.find(", ") + 2;
    names.push_back(line.substr(begin, line.find("=\"nil\"") - begin));
  }
  EXPECT_EQ(names, (Lines{"event.type", "event:name", "kind", "name", "resource.service.name",
                          "rootName", "rootServiceName", "span.code", "span.flag", "status"}));
}

TEST(Compare, LooksAtWhatComesOutOfThePipelineAStepAtATime) {
  EXPECT_EQ(Ask("{ .code < 503 } | compare({ status = error })", "{__meta_type=\"selection\", name",
                testing::Range(100, 110, 2)),
            Lines{R"({__meta_type="selection", name="pay"} 102:1 104:0 106:0 108:0 110:0)"});
  EXPECT_EQ(Ask("{ nestedSetParent < 0 } | compare({ span.flag })", "name=\"get\""),
            (Lines{R"({__meta_type="baseline", name="get"} 130:1)",
                   R"({__meta_type="selection", name="get"} 130:1)"}));
}

TEST(Compare, TheSelectionMayHaveATimeOfItsOwn) {
  EXPECT_EQ(Ask("{ } | compare({ }, 10, 102000000000, 104000000000)", "_total\", name"),
            (Lines{R"({__meta_type="baseline_total", name="nil"} 130:2)",
                   R"({__meta_type="selection_total", name="nil"} 130:2)"}));
  EXPECT_EQ(Ask("{ } | compare({ }, 10, 0, 0)", "_total\", name"),
            (Lines{R"({__meta_type="selection_total", name="nil"} 130:4)"}));
}

TEST(Compare, ShowsAsManyValuesAsAskedFor) {
  EXPECT_EQ(Ask("{ } | compare({ false }, 1)", "code"),
            (Lines{R"({__meta_type="baseline", span.code=200} 130:2)",
                   R"({__meta_type="baseline_total", span.code="nil"} 130:4)"}));
}

TEST(Compare, ShowsNoValuesOfWhatHasTooMany) {
  const auto answer = testing::Ask("{ } | compare({ false })", Shop(), testing::Range(100, 130, 30),
                                   {.compared_values_max = 2});
  const std::string text = testing::Describe(answer);
  EXPECT_NE(text.find(R"({__meta_type="baseline", __meta_error="__too_many_values__", )"
                      R"(span.code="nil"} 130:4)"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("span.code=200"), std::string::npos) << text;
}

}  // namespace
}  // namespace clew::traceql::metrics
