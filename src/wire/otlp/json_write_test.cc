#include <gtest/gtest.h>

#include <protozero/pbf_writer.hpp>

#include "wire/otlp/json.h"

namespace clew::wire::otlp {
namespace {

using protozero::pbf_writer;

/// The message with one field that is `content`.
std::string Wrapped(protozero::pbf_tag_type number, const std::string& content) {
  std::string message;
  pbf_writer(message).add_message(number, content);
  return message;
}

std::string RequestWithSpan(const std::string& span) {
  return Wrapped(1, Wrapped(2, Wrapped(2, span)));
}

std::string JsonOf(std::string_view protobuf) {
  const auto json = TracesToJson(protobuf, JsonDialect::kOtlp);
  return json.has_value() ? *json : "error: " + json.error().message;
}

std::string JsonOfSpan(const std::string& span) {
  constexpr std::string_view kBefore = R"({"resourceSpans":[{"scopeSpans":[{"spans":[)";
  constexpr std::string_view kAfter = "]}]}]}";
  std::string json = JsonOf(RequestWithSpan(span));
  if (!json.starts_with(kBefore) || !json.ends_with(kAfter)) return json;
  return json.substr(kBefore.size(), json.size() - kBefore.size() - kAfter.size());
}

TEST(TracesToJson, TextThatIsNotUtf8StaysValidJson) {
  std::string span;
  pbf_writer(span).add_string(5, "a\xFF\xE2\x82\"");

  EXPECT_EQ(JsonOfSpan(span), "{\"name\":\"a\xEF\xBF\xBD\xEF\xBF\xBD\\\"\"}");
}

TEST(TracesToJson, DialectsDifferInIdsAndEnums) {
  std::string span;
  pbf_writer writer(span);
  writer.add_bytes(1, std::string(16, '\x01'));
  writer.add_int32(6, 2);
  writer.add_message(15, std::string("\x18\x02", 2));

  EXPECT_EQ(JsonOfSpan(span),
            R"({"traceId":"01010101010101010101010101010101","kind":2,"status":{"code":2}})");
  EXPECT_EQ(TracesToJson(RequestWithSpan(span), JsonDialect::kProtobuf, "batches"),
            R"({"batches":[{"scopeSpans":[{"spans":[{"traceId":"AQEBAQEBAQEBAQEBAQEBAQ==",)"
            R"("kind":"SPAN_KIND_SERVER","status":{"code":"STATUS_CODE_ERROR"}}]}]}]})");
}

TEST(TracesToJson, AnUnknownEnumNumberStaysANumber) {
  std::string span;
  pbf_writer(span).add_int32(6, -7);

  EXPECT_EQ(TracesToJson(RequestWithSpan(span), JsonDialect::kProtobuf),
            R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"kind":-7}]}]}]})");
}

TEST(TracesToJson, FieldsInAnyOrderGiveOneListEach) {
  std::string span;
  pbf_writer writer(span);
  writer.add_message(13, Wrapped(2, "l1"));
  writer.add_message(11, std::string());
  writer.add_message(13, Wrapped(2, "l2"));
  writer.add_string(5, "first");
  writer.add_string(5, "last");

  EXPECT_EQ(JsonOfSpan(span),
            R"({"name":"last","events":[{}],"links":[{"spanId":"6c31"},{"spanId":"6c32"}]})");
}

TEST(TracesToJson, AMessageInSeveralPartsIsMerged) {
  std::string span;
  pbf_writer writer(span);
  writer.add_message(15, std::string("\x12\x01m", 3));
  writer.add_message(15, std::string("\x18\x02", 2));

  EXPECT_EQ(JsonOfSpan(span), R"({"status":{"message":"m","code":2}})");
}

TEST(TracesToJson, OfAValueInSeveralPartsTheLastOneSetCounts) {
  std::string attribute;
  pbf_writer writer(attribute);
  writer.add_message(2, Wrapped(1, "first"));
  writer.add_message(2, Wrapped(1, "last"));
  writer.add_message(2, Wrapped(99, "unknown"));
  writer.add_message(2, std::string());

  EXPECT_EQ(JsonOfSpan(Wrapped(9, attribute)),
            R"({"attributes":[{"value":{"stringValue":"last"}}]})");
}

TEST(TracesToJson, UnknownFieldsAndWrongWireTypesAreLeftOut) {
  std::string span;
  pbf_writer writer(span);
  writer.add_string(99, "new");
  writer.add_fixed64(98, 1);
  writer.add_int32(5, 1);
  writer.add_string(6, "x");
  writer.add_fixed32(16, 768);

  EXPECT_EQ(JsonOfSpan(span), R"({"flags":768})");
}

TEST(TracesToJson, TheLastOfSeveralValuesCounts) {
  std::string value;
  pbf_writer writer(value);
  writer.add_string(1, "text");
  writer.add_bool(2, false);

  EXPECT_EQ(JsonOfSpan(Wrapped(9, Wrapped(2, value))),
            R"({"attributes":[{"value":{"boolValue":false}}]})");
}

TEST(TracesToJson, OldInstrumentationLibrariesBecomeScopes) {
  const std::string old = Wrapped(1000, Wrapped(1, Wrapped(1, "lib")));

  EXPECT_EQ(JsonOf(Wrapped(1, old)),
            R"({"resourceSpans":[{"scopeSpans":[{"scope":{"name":"lib"}}]}]})");
  EXPECT_EQ(JsonOf(Wrapped(1, old + Wrapped(2, ""))), R"({"resourceSpans":[{"scopeSpans":[{}]}]})");
}

TEST(TracesToJson, WhatIsTooDeepToReadIsLeftOut) {
  std::string value;
  for (int i = 0; i < 10'000; ++i) value = Wrapped(5, Wrapped(1, value));
  const auto json =
      TracesToJson(RequestWithSpan(Wrapped(9, Wrapped(2, value))), JsonDialect::kOtlp);

  ASSERT_TRUE(json.has_value());
  EXPECT_TRUE(TracesFromJson(*json).has_value());
  EXPECT_GT(json->size(), 32 * std::string_view(R"({"arrayValue":{"values":[]}})").size());
}

TEST(TracesToJson, MalformedBytesAreDataLoss) {
  const std::string whole = RequestWithSpan(Wrapped(9, Wrapped(1, "key")));
  for (std::size_t size = 1; size < whole.size(); ++size) {
    const auto json = TracesToJson(whole.substr(0, size), JsonDialect::kOtlp);
    ASSERT_FALSE(json.has_value()) << size;
    EXPECT_EQ(json.error().code, Code::kDataLoss);
  }
}

TEST(TracesToJson, NothingIsAnEmptyObject) { EXPECT_EQ(JsonOf(""), "{}"); }

}  // namespace
}  // namespace clew::wire::otlp
