#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire/otlp/json.h"

namespace clew::wire::otlp {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

/// A request whose one span has `fields`.
std::string RequestWithSpan(std::string_view fields) {
  return fmt::format(R"({{"resourceSpans":[{{}},{{"scopeSpans":[{{"spans":[{{{}}}]}}]}}]}})",
                     fields);
}

std::string ErrorOf(std::string_view json) {
  const auto result = TracesFromJson(json);
  if (result.has_value()) return "(none)";
  EXPECT_EQ(result.error().code, Code::kInvalidArgument);
  return result.error().message;
}

struct ErrorCase {
  std::string_view span_fields;
  std::string_view message;  // behind the path of the span and a point
};

constexpr ErrorCase kErrorCases[] = {
    {R"("traceId":"xyz0")", "traceId: expected a string of hex digits"},
    {R"("traceId":12)", "traceId: expected a string of hex digits"},
    {R"("links":[{},{"spanId":"0 "}])", "links[1].spanId: expected a string of hex digits"},
    {R"("name":5)", "name: expected a string"},
    {R"("name":["a"])", "name: expected a string"},
    {R"("kind":"SERVER")", "kind: expected a whole number of 32 bits or a name of the enum"},
    {R"("kind":2147483648)", "kind: expected a whole number of 32 bits or a name of the enum"},
    {R"("kind":1.5)", "kind: expected a whole number of 32 bits or a name of the enum"},
    {R"("status":{"code":"OK"})", "status.code: expected a whole number"},
    {R"("status":[])", "status: expected an object"},
    {R"("startTimeUnixNano":"-1")", "startTimeUnixNano: expected a whole number of 64 bits"},
    {R"("startTimeUnixNano":18446744073709551616)", "startTimeUnixNano: expected a whole number"},
    {R"("endTimeUnixNano":"2022-01-01T00:00:00Z")", "endTimeUnixNano: expected a whole number"},
    {R"("flags":4294967296)", "flags: expected a whole number of 32 bits"},
    {R"("droppedLinksCount":-1)", "droppedLinksCount: expected a whole number of 32 bits"},
    {R"("attributes":{})", "attributes: expected a list"},
    {R"("attributes":[7])", "attributes[0]: expected an object"},
    {R"("attributes":[{},{"value":"x"}])", "attributes[1].value: expected an object"},
    {R"("attributes":[{"value":{"boolValue":"true"}}])",
     "attributes[0].value.boolValue: expected true or false"},
    {R"("attributes":[{"value":{"intValue":"9223372036854775808"}}])",
     "attributes[0].value.intValue: expected a whole number of 64 bits"},
    {R"("attributes":[{"value":{"doubleValue":"inf"}}])",
     "attributes[0].value.doubleValue: expected a number"},
    {R"("attributes":[{"value":{"bytesValue":"%%"}}])",
     "attributes[0].value.bytesValue: expected base64 text"},
    {R"("attributes":[{"value":{"arrayValue":{"values":[{},{"stringValue":1}]}}}])",
     "attributes[0].value.arrayValue.values[1].stringValue: expected a string"},
    {R"("attributes":[{"value":{"kvlistValue":{"values":[{"key":null},{"key":{}}]}}}])",
     "attributes[0].value.kvlistValue.values[1].key: expected a string"},
    {R"("events":[{"name":"\x"}])", "events[0].name: malformed json at byte "},
    {R"("events":[{"timeUnixNano":01}])", "events[0].timeUnixNano: malformed json at byte "},
    {R"("events":[{"name":"a" "b"}])", "events[0]: malformed json at byte "},
};

TEST(TracesFromJson, ErrorsNameThePath) {
  for (const ErrorCase& c : kErrorCases) {
    EXPECT_THAT(ErrorOf(RequestWithSpan(c.span_fields)),
                StartsWith("resourceSpans[1].scopeSpans[0].spans[0]." + std::string(c.message)))
        << c.span_fields;
  }
}

TEST(TracesFromJson, MalformedTextNamesTheByte) {
  const std::pair<std::string, std::string_view> cases[] = {
      {"", "malformed json at byte 0"},
      {"  ", "malformed json at byte 2"},
      {"<html>", "malformed json at byte 0"},
      {R"({"resourceSpans":[]} x)", "malformed json at byte 21"},
      {R"({"resourceSpans":[]} {})", "malformed json at byte 21"},
      {R"({"resourceSpans":[)", "malformed json at byte"},
      {R"({"resourceSpans":[}])", "malformed json at byte"},
      {R"({"a" 1})", "malformed json at byte"},
      {R"({"a":tru})", "body: expected true or false"},
      {R"({"a":nul})", "malformed json at byte"},
      {R"({"a":1.})", "malformed json at byte"},
      {R"({"a":"open)", "malformed json at byte 5"},
      {"{\"a\":\"tab\there\"}", "malformed json at byte 9"},
      {"{\"a\":\"\xFF\"}", "malformed json at byte 6"},
  };
  for (const auto& [json, message] : cases) EXPECT_THAT(ErrorOf(json), StartsWith(message)) << json;
}

TEST(TracesFromJson, TheBodyIsAnObject) {
  for (const std::string_view json : {"[]", "1", "\"x\"", "null", "true"}) {
    EXPECT_EQ(ErrorOf(json), "body: expected an object") << json;
  }
}

TEST(TracesFromJson, NestingHasALimit) {
  const auto nested = [](std::size_t count) {
    std::string opening;
    std::string closing;
    for (std::size_t i = 0; i < count; ++i) {
      opening += R"({"arrayValue":{"values":[)";
      closing += "]}}";
    }
    return RequestWithSpan(R"("attributes":[{"value":)" + opening + "{}" + closing + "}]");
  };

  EXPECT_TRUE(TracesFromJson(nested(32)).has_value());
  EXPECT_THAT(ErrorOf(nested(200)), HasSubstr("nested deeper than 544 levels"));
  EXPECT_THAT(ErrorOf(nested(100'000)), HasSubstr("nested deeper than 544 levels"));
  EXPECT_FALSE(TracesFromJson(nested(5), 16).has_value());
}

TEST(TracesFromJson, NestingOfUnknownKeysHasTheSameLimit) {
  const auto nested = [](std::size_t count) {
    return R"({"x":)" + std::string(count, '[') + std::string(count, ']') + "}";
  };

  EXPECT_TRUE(TracesFromJson(nested(500)).has_value());
  EXPECT_THAT(ErrorOf(nested(600)), HasSubstr("nested deeper"));
  EXPECT_THAT(ErrorOf(nested(1'000'000)), HasSubstr("nested deeper"));
}

TEST(TracesFromJson, OfALongPathTheMiddleIsLeftOut) {
  std::string value = R"({"intValue":"x"})";
  for (int i = 0; i < 30; ++i) value = R"({"arrayValue":{"values":[)" + value + "]}}";
  const std::string error =
      ErrorOf(RequestWithSpan(R"("attributes":[{"key":"k","value":)" + value + "}]"));

  EXPECT_THAT(error, StartsWith("resourceSpans[1].scopeSpans[0].spans[0].attributes[0].value."));
  EXPECT_THAT(error, HasSubstr(".(…)."));
  EXPECT_THAT(error, HasSubstr("values[0].intValue: expected"));
  EXPECT_LT(error.size(), 250u);
}

TEST(TracesFromJson, AnIdOfAnOddNumberOfDigitsKeepsALengthNoIdHas) {
  for (const std::size_t count : {1u, 15u, 17u, 31u, 33u}) {
    const auto protobuf =
        TracesFromJson(RequestWithSpan(R"("spanId":")" + std::string(count, '1') + '"'));

    ASSERT_TRUE(protobuf.has_value());
    EXPECT_THAT(*protobuf, HasSubstr("\x12" + std::string(1, static_cast<char>(count)) + "1"));
  }
}

TEST(TracesFromJson, OfSeveralTheLastOneIsWritten) {
  const auto read = [](std::string_view fields) {
    return TracesFromJson(RequestWithSpan(fields)).value_or("refused");
  };

  EXPECT_EQ(read(R"("traceId":"01","spanId":"02","traceId":"03","traceId":"0405")"),
            read(R"("spanId":"02","traceId":"0405")"));
  EXPECT_EQ(read(R"("name":"a","kind":1,"flags":7,"kind":0,"name":"","flags":9)"),
            read(R"("flags":9)"));
  EXPECT_EQ(read(R"("status":{"code":1},"events":[{}],"status":{"message":"m"},"events":[{}])"),
            read(R"("events":[{}],"status":{"message":"m"},"events":[{}])"));
}

TEST(TracesFromJson, LongContentGetsLongLengths) {
  for (const std::size_t size : {100u, 127u, 128u, 16'000u, 16'384u, 3'000'000u}) {
    const std::string text(size, 'x');
    const std::string json = RequestWithSpan(R"("name":")" + text + '"');
    const auto protobuf = TracesFromJson(json);

    ASSERT_TRUE(protobuf.has_value());
    const auto back = TracesToJson(*protobuf, JsonDialect::kOtlp);
    ASSERT_TRUE(back.has_value());
    EXPECT_TRUE(*back == json) << size;
  }
}

}  // namespace
}  // namespace clew::wire::otlp
