#include "wire/jaeger/trace_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace clew::wire::jaeger {
namespace {

using model::FindAttribute;
using model::FindString;
using model::KeyValue;
using model::Value;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// One trace of one span with these members besides its ids.
std::string WithSpan(const std::string& members) {
  return R"({"data":[{"traceID":"a1","spans":[{"traceID":"a1","spanID":"b2","processID":"p1",)" +
         members + R"(}],"processes":{"p1":{"serviceName":"shop","tags":[]}},"warnings":null}]})";
}

Download ReadAll(const std::string& json) {
  auto download = TracesFromJson(json);
  EXPECT_TRUE(download.has_value()) << download.error().message;
  return download.value_or(Download{});
}

/// Of which there is nothing to note.
model::TraceData Read(const std::string& json) {
  Download download = ReadAll(json);
  EXPECT_THAT(download.notes, IsEmpty());
  return std::move(download.traces);
}

TEST(TracesFromJson, ReadsASpanWithAllItsParts) {
  const auto traces = Read(WithSpan(R"("flags":1,"operationName":"GET /",
      "startTime":1790000000000001,"duration":1500,
      "tags":[{"key":"otel.scope.name","type":"string","value":"lib"},
              {"key":"otel.scope.version","type":"string","value":"1.2"},
              {"key":"http.route","type":"string","value":"/"},
              {"key":"span.kind","type":"string","value":"server"},
              {"key":"otel.status_code","type":"string","value":"ERROR"},
              {"key":"error","type":"bool","value":true},
              {"key":"otel.status_description","type":"string","value":"broke"},
              {"key":"w3c.tracestate","type":"string","value":"a=b"}],
      "logs":[{"timestamp":1790000000000002,"fields":[
                {"key":"event","type":"string","value":"exception"},
                {"key":"message","type":"string","value":"no"}]}],
      "warnings":["clock skew"])"));

  ASSERT_EQ(traces.spans.size(), 1u);
  const model::Span& span = traces.spans[0];
  EXPECT_EQ(span.trace_id, TraceId::FromHex("a1"));
  EXPECT_EQ(span.span_id, SpanId::FromHex("b2"));
  EXPECT_EQ(span.flags, 1u);
  EXPECT_EQ(span.name, "GET /");
  EXPECT_EQ(span.start, 1'790'000'000'000'001'000);
  EXPECT_EQ(span.end, 1'790'000'000'001'501'000);
  EXPECT_EQ(span.kind, model::SpanKind::kServer);
  EXPECT_EQ(span.status, model::StatusCode::kError);
  EXPECT_EQ(span.status_message, "broke");
  EXPECT_EQ(span.trace_state, "a=b");
  EXPECT_THAT(span.attributes, ElementsAre(KeyValue{"http.route", Value{std::string("/")}}));
  EXPECT_EQ(traces.scopes[span.scope].name, "lib");
  EXPECT_EQ(traces.scopes[span.scope].version, "1.2");
  EXPECT_EQ(traces.ServiceName(span), "shop");
  ASSERT_EQ(span.events.size(), 1u);
  EXPECT_EQ(span.events[0].name, "exception");
  EXPECT_EQ(span.events[0].time, 1'790'000'000'000'002'000);
  EXPECT_THAT(span.events[0].attributes,
              ElementsAre(KeyValue{"message", Value{std::string("no")}}));
}

TEST(TracesFromJson, TagsHaveTheirTypes) {
  const auto traces = Read(WithSpan(R"("tags":[
      {"key":"b","type":"bool","value":false},
      {"key":"i","type":"int64","value":-7},
      {"key":"large","type":"int64","value":"9223372036854775807"},
      {"key":"f","type":"float64","value":3},
      {"key":"nan","type":"float64","value":"NaN"},
      {"key":"bytes","type":"binary","value":"AAE="},
      {"key":"odd","type":"int64","value":"seven"},
      {"key":"untyped","value":1.5}])"));

  const model::Attributes& tags = traces.spans[0].attributes;
  EXPECT_EQ(FindAttribute(tags, "b")->data, Value{false}.data);
  EXPECT_EQ(FindAttribute(tags, "i")->data, Value{std::int64_t{-7}}.data);
  EXPECT_EQ(*FindAttribute(tags, "large"), Value{std::numeric_limits<std::int64_t>::max()});
  EXPECT_EQ(*FindAttribute(tags, "f"), Value{3.0});
  EXPECT_TRUE(std::isnan(std::get<double>(FindAttribute(tags, "nan")->data)));
  EXPECT_EQ(*FindAttribute(tags, "bytes"), Value{model::ByteString{std::string("\0\1", 2)}});
  EXPECT_EQ(*FindAttribute(tags, "odd"), Value{std::string("seven")});
  EXPECT_EQ(*FindAttribute(tags, "untyped"), Value{1.5});
}

TEST(TracesFromJson, OnlyABoolErrorIsAStatus) {
  const auto status_of = [](const std::string& tags) {
    return Read(WithSpan("\"tags\":[" + tags + "]")).spans[0];
  };
  const auto error = status_of(R"({"key":"error","type":"bool","value":true})");
  EXPECT_EQ(error.status, model::StatusCode::kError);
  EXPECT_TRUE(error.attributes.empty());
  const auto text = status_of(R"({"key":"error","type":"string","value":"true"})");
  EXPECT_EQ(text.status, model::StatusCode::kUnset);
  EXPECT_EQ(text.attributes.size(), 1u);
  const auto ok = status_of(R"({"key":"otel.status_code","type":"string","value":"ok"})");
  EXPECT_EQ(ok.status, model::StatusCode::kOk);
  EXPECT_TRUE(ok.attributes.empty());
}

TEST(TracesFromJson, ReferencesAreTheParentAndLinks) {
  const auto traces = Read(WithSpan(R"("references":[
      {"refType":"FOLLOWS_FROM","traceID":"a1","spanID":"1"},
      {"refType":"CHILD_OF","traceID":"ff","spanID":"2"},
      {"refType":"CHILD_OF","traceID":"a1","spanID":"3"}])"));

  const model::Span& span = traces.spans[0];
  EXPECT_EQ(span.parent_span_id, SpanId::FromHex("3"));
  ASSERT_EQ(span.links.size(), 2u);
  EXPECT_EQ(span.links[0].span_id, SpanId::FromHex("1"));
  EXPECT_EQ(FindString(span.links[0].attributes, "opentracing.ref_type"), "follows_from");
  EXPECT_EQ(span.links[1].trace_id, TraceId::FromHex("ff"));
  EXPECT_EQ(FindString(span.links[1].attributes, "opentracing.ref_type"), "child_of");
}

TEST(TracesFromJson, AParentThatIsFollowedStaysALinkToo) {
  const auto traces =
      Read(WithSpan(R"("references":[{"refType":"FOLLOWS_FROM","traceID":"a1","spanID":"1"}])"));

  EXPECT_EQ(traces.spans[0].parent_span_id, SpanId::FromHex("1"));
  EXPECT_EQ(traces.spans[0].links.size(), 1u);
}

TEST(TracesFromJson, TakesOneTraceAndSpansWithAProcessOfTheirOwn) {
  const auto traces = Read(R"({"traceID":"a1","spans":[
      {"traceID":"a1","spanID":"1","parentSpanID":"9",
       "process":{"serviceName":"own","tags":[{"key":"host","type":"string","value":"h"}]}},
      {"traceID":"a1","spanID":"3","processID":"none"}],
      "processes":{"none":{"serviceName":"OTLPResourceNoServiceName"}}})");

  ASSERT_EQ(traces.spans.size(), 2u);
  EXPECT_EQ(traces.ServiceName(traces.spans[0]), "own");
  EXPECT_EQ(traces.spans[0].parent_span_id, SpanId::FromHex("9"));
  EXPECT_TRUE(traces.resources[traces.spans[1].resource].attributes.empty());
}

TEST(TracesFromJson, SpansWithoutTheirProcessAreNotedWithTheFirstPlace) {
  const auto download = ReadAll(R"({"data":[
      {"spans":[{"traceID":"a1","spanID":"1","processID":"p1"},
                {"traceID":"a1","spanID":"2","processID":"p9"},
                {"traceID":"a1","spanID":"3","processID":"p9"}],
       "processes":{"p1":{"serviceName":"shop"}}},
      {"spans":[{"traceID":"a2","spanID":"4","processID":"p1"},{"traceID":"a2","spanID":"5"}]}]})");

  const model::TraceData& traces = download.traces;
  ASSERT_EQ(traces.spans.size(), 5u);
  EXPECT_EQ(traces.ServiceName(traces.spans[0]), "shop");
  for (std::size_t i = 1; i < 5; ++i) {
    EXPECT_THAT(traces.resources[traces.spans[i].resource].attributes, IsEmpty()) << i;
  }
  EXPECT_THAT(
      download.notes,
      ElementsAre("4 spans name a process that their trace does not hold, and have no service (the "
                  "first: data[0].spans[1].processID \"p9\")"));
}

TEST(TracesFromJson, ABadIdSpoilsOnlyItsSpan) {
  const std::string process = R"(,"process":{"serviceName":"shop"}})";
  const auto download =
      ReadAll(R"({"data":[{"spans":[{"traceID":"a1","spanID":"1")" + process +
              R"(,{"traceID":"xyz","spanID":"1")" + process + R"(,{"spanID":"1")" + process +
              R"(,{"traceID":"a1","spanID":")" + std::string(5000, '0') + "\"" + process + "]}]}");

  const model::TraceData& traces = download.traces;
  ASSERT_EQ(traces.spans.size(), 4u);
  EXPECT_FALSE(traces.spans[0].trace_id.is_zero());
  EXPECT_TRUE(traces.spans[1].trace_id.is_zero());
  EXPECT_THAT(
      download.notes,
      ElementsAre("2 spans have no trace id of up to 32 hex digits that are not all zero, and will "
                  "be refused (the first: data[0].spans[1].traceID \"xyz\")",
                  "1 span has no span id of up to 16 hex digits that are not all zero, and will be "
                  "refused (the first: data[0].spans[3].spanID \"" +
                      std::string(100, '0') + "…\")"));
}

TEST(TracesFromJson, AnEndBeyondNanosecondsIsTheLastThereIs) {
  const auto traces = Read(WithSpan(R"("startTime":18446744073709551,"duration":5)"));

  EXPECT_EQ(static_cast<std::uint64_t>(traces.spans[0].start), 18'446'744'073'709'551'000u);
  EXPECT_EQ(traces.spans[0].end, traces.spans[0].start);
}

TEST(TracesFromJson, NamesThePlaceOfAnotherForm) {
  const std::pair<std::string, std::string> cases[] = {
      {"[]", "body: expected an object"},
      {"{", "malformed json"},
      {R"({"data":5})", "data: expected a list"},
      {R"({"data":[{"spans":[7]}]})", "data[0].spans[0]: expected an object"},
      {WithSpan(R"("tags":[{},3])"), "data[0].spans[0].tags[1]: expected an object"},
      {R"({"spans":[],"processes":[]})", "processes: expected an object"},
      {R"({"spans":[{"processID":"p"}],"processes":{"p":5}})",
       "processes[\"p\"]: expected an object"},
      {R"({"data":[{"spans":[{"processID":"p"}],"processes":{"p":{"tags":[0]}}}]})",
       "data[0].processes[\"p\"].tags[0]: expected an object"},
      {R"({"spans":[{"operationName":"7 1e999","startTime":1e999}]})",
       "malformed json at byte 49: not a number of at most 64 bits"},
      {R"({"spans":[{"startTime":-99999999999999999999}]})", "malformed json at byte 23: not a"},
      {WithSpan(R"("startTime":"abc")"),
       "data[0].spans[0].startTime: expected a number from 0 to 18446744073709551; send"},
      {WithSpan(R"("startTime":-1)"), "data[0].spans[0].startTime: expected a number"},
      {WithSpan(R"("startTime":18446744073709552)"), "data[0].spans[0].startTime: expected"},
      {WithSpan(R"("duration":1e30)"), "data[0].spans[0].duration: expected a number"},
      {WithSpan(R"("flags":4294967296)"), "data[0].spans[0].flags: expected a number"},
      {WithSpan(R"("logs":[{"timestamp":true}])"),
       "data[0].spans[0].logs[0].timestamp: expected a number"},
      {WithSpan(R"("parentSpanID":"zz")"), "data[0].spans[0].parentSpanID: expected an id"},
      {WithSpan(R"("references":[{"refType":"CHILD_OF","traceID":"zz","spanID":"1"}])"),
       "data[0].spans[0].references[0].traceID: expected an id of hex digits"},
      {WithSpan(R"("references":[{"refType":"CHILD_OF","traceID":"1"}])"),
       "data[0].spans[0].references[0].spanID: expected an id of hex digits"}};
  for (const auto& [json, message] : cases) {
    const auto traces = TracesFromJson(json);

    ASSERT_FALSE(traces.has_value()) << json;
    EXPECT_THAT(traces.error().message, HasSubstr(message));
    EXPECT_EQ(traces.error().code, Code::kInvalidArgument);
  }
}

}  // namespace
}  // namespace clew::wire::jaeger
