#include "api/client/answers.h"

#include <gtest/gtest.h>

#include "api/client/query_client.h"

namespace clew::api::client {
namespace {

TEST(Answers, TraceIsReadFromItsResult) {
  const auto trace =
      ParseTrace(R"({"result":{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name",)"
                 R"("value":{"stringValue":"shop"}}]},"scopeSpans":[{"spans":[{)"
                 R"("traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331",)"
                 R"("name":"order","startTimeUnixNano":"5","endTimeUnixNano":"9"}]}]}]}})");

  ASSERT_TRUE(trace.has_value()) << trace.error().message;
  ASSERT_EQ(trace->spans.size(), 1u);
  EXPECT_EQ(trace->spans[0].name, "order");
  EXPECT_EQ(trace->spans[0].duration(), Nanos(4));
  EXPECT_EQ(trace->ServiceName(trace->spans[0]), "shop");
}

TEST(Answers, AWarningIsShownWithoutItsForm) {
  EXPECT_EQ(WarningText("199 clew \"the answer is partial: block \\\"x\\\\\\\": gone\""),
            "the answer is partial: block \"x\\\": gone");
  EXPECT_EQ(WarningText("199 - plain"), "199 - plain");
  EXPECT_EQ(WarningText(""), "");
}

TEST(Answers, SummariesHaveZeroWhereAFieldIsLeftOut) {
  const auto summaries = ParseSummaries(
      R"({"summaries":[{"traceId":"0af7651916cd43dd8448eb211c80319c","rootServiceName":"a",)"
      R"("rootOperationName":"b","minStartTimeUnixNano":"1700000000000000000",)"
      R"("maxEndTimeUnixNano":"1700000000000000009","spanCount":3,)"
      R"("services":[{"name":"a","spanCount":3}]}]})");

  ASSERT_TRUE(summaries.has_value()) << summaries.error().message;
  ASSERT_EQ(summaries->size(), 1u);
  const analysis::TraceSummary& summary = summaries->front();
  EXPECT_EQ(summary.root_operation, "b");
  EXPECT_EQ(summary.end_max - summary.start_min, 9);
  EXPECT_EQ(summary.span_count, 3u);
  EXPECT_EQ(summary.error_span_count, 0u);
  ASSERT_EQ(summary.services.size(), 1u);
  EXPECT_EQ(summary.services[0].name, "a");
}

TEST(Answers, WhatIsNoAnswerIsRefused) {
  for (const char* text : {"", "[]", "<html>", R"({"summaries":5})", R"({"summaries":[{}]})"}) {
    const auto summaries = ParseSummaries(text);

    ASSERT_FALSE(summaries.has_value()) << text;
    EXPECT_EQ(summaries.error().code, Code::kDataLoss);
  }
}

TEST(Answers, WhatIsNoTraceIsNoFaultOfTheCaller) {
  for (
      const char* text :
      {"null", R"({"result":5})",
       R"({"result":{"resourceSpans":[{"scopeSpans":[{"spans":[{"endTimeUnixNano":"-1"}]}]}]}})"}) {
    const auto trace = ParseTrace(text);

    ASSERT_FALSE(trace.has_value()) << text;
    EXPECT_EQ(trace.error().code, Code::kDataLoss);
  }
}

TEST(Answers, TraceIsReadWithoutCutting) {
  const std::string text(100'000, 'x');
  const auto trace = ParseTrace(
      R"({"result":{"resourceSpans":[{"scopeSpans":[{"spans":[{"spanId":"b7ad6b7169203331",)"
      R"("traceId":"0af7651916cd43dd8448eb211c80319c","attributes":[{"key":"k","value":)"
      R"({"stringValue":")" +
      text + R"("}}]}]}]}]}})");

  ASSERT_TRUE(trace.has_value()) << trace.error().message;
  EXPECT_EQ(model::FindString(trace->spans.at(0).attributes, "k"), text);
}

TEST(Answers, ATraceThatIsCutIsMendedAfterItsLastWholeElement) {
  const std::string whole = R"({"result":{"resourceSpans":[{"a":["}]\"{"]},{"b":[1]}]}})";
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    std::string json = whole.substr(0, size);
    if (size < 43) {
      EXPECT_FALSE(MendCutTrace(&json)) << size;
    } else {
      ASSERT_TRUE(MendCutTrace(&json)) << size;
      EXPECT_EQ(json, size < 53 ? whole.substr(0, 43) + "]}}" : whole) << size;
    }
  }
}

TEST(Answers, ErrorMessageIsFoundWhereTheApiPutsIt) {
  EXPECT_EQ(ParseErrorMessage(R"({"error":{"httpCode":404,"message":"No traces found"}})"),
            "No traces found");
  EXPECT_EQ(ParseErrorMessage("oops"), "");
}

TEST(Answers, FirstLineIsOfTextOnly) {
  EXPECT_EQ(FirstLine("no tenant\nat all\n"), "no tenant");
  EXPECT_EQ(FirstLine("<!doctype html>\n"), "");
  EXPECT_EQ(FirstLine(std::string(1000, 'x')).size(), 200u);
}

TEST(QueryClient, SearchPathNamesEveryCondition) {
  SearchCall call;
  call.terms.service = "a b";
  call.terms.tags = {{.key = "http.method", .value = "GET"},
                     {.key = "span.status", .value = "Error"}};
  call.terms.duration_min = std::chrono::milliseconds(500);
  call.start_min = 0;
  call.start_max = 1'700'000'000'000'000'001;
  call.limit = 7;

  EXPECT_EQ(SearchPath(call),
            "/api/v3/trace-summaries?query.serviceName=a%20b"
            "&query.attributes=%7B%22http.method%22%3A%22GET%22%2C%22span.status%22%3A%22Error%22"
            "%7D&query.durationMin=500ms&query.startTimeMin=1970-01-01T00%3A00%3A00.000000000Z"
            "&query.startTimeMax=2023-11-14T22%3A13%3A20.000000001Z&query.searchDepth=7");
}

}  // namespace
}  // namespace clew::api::client
