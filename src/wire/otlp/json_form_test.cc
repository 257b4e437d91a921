#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "wire/otlp/json.h"

namespace clew::wire::otlp {
namespace {

const std::string kHexSpans =
    R"([{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174",)"
    R"("kind":2}]}])";
const std::string kBase64Spans =
    R"([{"spans":[{"traceId":"W47/95gDgQPSabYzgT/GDA==","spanId":"7uGbfsPBsXQ=",)"
    R"("kind":"SPAN_KIND_SERVER"}]}])";

std::string Otlp(const std::string& scope_spans) {
  return R"({"resourceSpans":[{"scopeSpans":)" + scope_spans + "}]}";
}
std::string Batches(const std::string& scope_spans) {
  return R"({"batches":[{"scopeSpans":)" + scope_spans + "}]}";
}

TEST(FormOf, IsToldByTheOutermostNames) {
  EXPECT_EQ(FormOf(Otlp("[]")), JsonForm::kOtlp);
  EXPECT_EQ(FormOf(R"({"resource_spans":[]})"), JsonForm::kOtlp);
  EXPECT_EQ(FormOf(Batches("[]")), JsonForm::kAnswer);
  EXPECT_EQ(FormOf(R"({"metrics":{"a":[1]},"trace":{}})"), JsonForm::kAnswer);
  EXPECT_EQ(FormOf(R"({"total":0,"data":[]})"), JsonForm::kJaeger);
  EXPECT_EQ(FormOf(R"({"traceID":"1","spans":[]})"), JsonForm::kJaeger);
  EXPECT_EQ(FormOf(R"({"resourceLogs":[{"resourceSpans":[]}]})"), JsonForm::kUnknown);
  EXPECT_EQ(FormOf("{}"), JsonForm::kOtlp);
  EXPECT_EQ(FormOf("{"), JsonForm::kOtlp);
  EXPECT_EQ(FormOf(" [{\"traceId\":\"1\"}]"), JsonForm::kUnknown);
}

TEST(TracesFromAnswerJson, TakesEveryNameAndBothFormsOfIds) {
  const auto expected = TracesFromJson(Otlp(kHexSpans));
  ASSERT_TRUE(expected.has_value());
  for (const std::string& json :
       {Batches(kHexSpans), Batches(kBase64Spans), R"({"trace":)" + Otlp(kBase64Spans) + "}",
        R"({"trace":)" + Batches(kBase64Spans) + R"(,"metrics":{}})",
        R"({"result":)" + Otlp(kHexSpans) + "}",
        R"({"batches":[{"instrumentationLibrarySpans":)" + kBase64Spans + "}]}"}) {
    EXPECT_EQ(TracesFromAnswerJson(json), *expected) << json;
  }
}

TEST(TracesFromAnswerJson, NamesThePlaceOfABadId) {
  const auto traces =
      TracesFromAnswerJson(R"({"batches":[{"scopeSpans":[{"spans":[{"traceId":"!"}]}]}]})");

  ASSERT_FALSE(traces.has_value());
  EXPECT_TRUE(traces.error().message.starts_with("batches[0].scopeSpans[0].spans[0].traceId"))
      << traces.error().message;
}

TEST(CheckJson, SaysWhereADocumentCeasesToBeJson) {
  EXPECT_TRUE(CheckJson(R"({"data":[{"a":[1,2.5,null,true,"b\n"]},{}]})").has_value());
  for (const auto& [json, message] : std::vector<std::pair<std::string, std::string>>{
           {R"({"data":[5,]})", "malformed json at byte 11: a comma, colon, bracket or value"},
           {R"({"data":[5]}{})", "malformed json at byte 12: more after the end of the object"},
           {R"({"data":["a]})", "malformed json at byte 9: a string is not closed"},
           {"[5]", "body: expected an object"}}) {
    const Status status = CheckJson(json);

    ASSERT_FALSE(status.has_value()) << json;
    EXPECT_TRUE(status.error().message.starts_with(message)) << status.error().message;
  }
}

}  // namespace
}  // namespace clew::wire::otlp
