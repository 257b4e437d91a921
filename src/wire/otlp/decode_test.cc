#include "wire/otlp/decode.h"

#include <gtest/gtest.h>
#include <protozero/pbf_writer.hpp>

#include "wire/otlp/inspect.h"
#include "wire/otlp/materialize.h"
#include "wire/otlp/testing/sample_request.h"
#include "wire/otlp/value_writer.h"

namespace clew::wire::otlp {
namespace {

using model::Value;
using testing::Request;
using testing::SpanMessage;

const std::string kTraceId(16, 'a');
const std::string kSpanId(8, 'b');

model::TraceData Decode(const std::string& body, const DecodeLimits& limits = {},
                        DecodeCounts* counts = nullptr) {
  DecodeCounts own;
  const auto columns = DecodeRequest({Bytes(body)}, limits, counts == nullptr ? own : *counts);
  EXPECT_TRUE(columns.has_value()) << columns.error().message;
  return MaterializeSpans(**columns);
}

std::string SpanWith(const std::string& fields) {
  return Request({SpanMessage(kTraceId, kSpanId, "span", fields)});
}

TEST(DecodeRequest, ReadsResourceScopeAndSpan) {
  const model::TraceData data = Decode(SpanWith(""));

  ASSERT_EQ(data.spans.size(), 1u);
  const model::Span& span = data.spans[0];
  EXPECT_EQ(data.ServiceName(span), "shop");
  EXPECT_EQ(data.scopes[span.scope].name, "lib");
  EXPECT_EQ(data.scopes[span.scope].version, "1.0");
  EXPECT_EQ(span.name, "span");
  EXPECT_EQ(span.trace_id.ToHex(), "61616161616161616161616161616161");
  EXPECT_EQ(span.duration(), Nanos(2'000));
  EXPECT_TRUE(span.parent_span_id.is_zero());
}

TEST(DecodeRequest, KeepsDuplicateKeysAndEveryKindOfValue) {
  std::string fields;
  const std::vector<Value> values = {Value{},
                                     Value{std::string("text")},
                                     Value{true},
                                     Value{std::int64_t{-5}},
                                     Value{1.5},
                                     Value{model::ByteString{std::string("\0\xff", 2)}},
                                     Value{Value::Array{Value{std::int64_t{1}}, Value{}}},
                                     Value{Value::KvList{{"k", Value{std::string("v")}}}},
                                     Value{Value::Array{}}};
  for (const Value& value : values) WriteKeyValue(9, "key", value, &fields);
  WriteKeyValue(9, "key", Value{std::string("text 2")}, &fields);

  const model::TraceData data = Decode(SpanWith(fields));

  std::vector<Value> found;
  for (const model::KeyValue& attribute : data.spans[0].attributes) {
    EXPECT_EQ(attribute.key, "key");
    found.push_back(attribute.value);
  }
  ASSERT_EQ(found.size(), values.size() + 1);
  for (const Value& value : values) {
    EXPECT_NE(std::ranges::find(found, value), found.end()) << model::ValueToText(value);
  }
  EXPECT_EQ(found[2], Value{std::string("text 2")}) << "equal keys keep their order in a type";
}

TEST(DecodeRequest, ReadsABoolOfSeveralBytes) {
  // An attribute "k" whose bool is 0 in two bytes, as no encoder writes it but readers must take.
  const model::TraceData data =
      Decode(SpanWith("\x4a\x08\x0a\x01k\x12\x03\x10\x80" + std::string(1, '\0')));

  EXPECT_EQ(data.spans[0].attributes.at(0).value, Value{false});
}

TEST(DecodeRequest, LeavesOutSpansWithBadIdsOnly) {
  const model::TraceData data = Decode(
      Request({SpanMessage("short", kSpanId, "bad"), SpanMessage(kTraceId, kSpanId, "good")}));

  ASSERT_EQ(data.spans.size(), 1u);
  EXPECT_EQ(data.spans[0].name, "good");
}

TEST(DecodeRequest, TakesTheLastOfRepeatedIds) {
  std::string fields;
  protozero::pbf_writer writer(fields);
  writer.add_bytes(1, std::string(16, 'x'));
  writer.add_bytes(2, std::string(8, 'y'));

  const model::TraceData data = Decode(SpanWith(fields));

  EXPECT_EQ(data.spans[0].trace_id.ToHex(), "78787878787878787878787878787878");
  EXPECT_EQ(data.spans[0].span_id.ToHex(), "7979797979797979");
}

TEST(DecodeRequest, CutsAndCountsWhatIsOverTheLimits) {
  std::string fields;
  WriteKeyValue(9, "long", Value{std::string("0123456789")}, &fields);
  WriteKeyValue(9, "umlaut", Value{std::string("1234567\u00fc")}, &fields);
  WriteKeyValue(9, "one too many", Value{true}, &fields);
  protozero::pbf_writer(fields).add_message(11, std::string("\x12\x01"
                                                            "e",
                                                            3));
  protozero::pbf_writer(fields).add_message(11, std::string());
  DecodeLimits limits;
  limits.attribute_count_max = 2;
  limits.attribute_value_bytes_max = 8;
  limits.event_count_max = 1;
  DecodeCounts counts;

  const model::TraceData data = Decode(SpanWith(fields), limits, &counts);

  const model::Span& span = data.spans[0];
  EXPECT_EQ(model::FindString(span.attributes, "long"), "01234567");
  EXPECT_EQ(model::FindString(span.attributes, "umlaut"), "1234567");
  EXPECT_EQ(span.attributes.size(), 2u);
  EXPECT_EQ(span.dropped_attributes_count, 1u);
  EXPECT_EQ(span.events.size(), 1u);
  EXPECT_EQ(span.dropped_events_count, 1u);
  EXPECT_EQ(counts.attributes_dropped, 1u);
  EXPECT_EQ(counts.values_truncated, 2u);
  EXPECT_EQ(counts.events_dropped, 1u);
}

TEST(DecodeRequest, AResourceOrScopeInPartsHasNoMoreThanAWholeOne) {
  std::string part;
  WriteKeyValue(1, "a", Value{true}, &part);
  WriteKeyValue(1, "b", Value{true}, &part);
  protozero::pbf_writer(part).add_uint32(2, 5);  // dropped by the sender
  std::string scope_part;
  WriteKeyValue(3, "a", Value{true}, &scope_part);
  WriteKeyValue(3, "b", Value{true}, &scope_part);
  std::string scope_spans;
  std::string resource_spans;
  for (int i = 0; i < 3; ++i) {
    protozero::pbf_writer(scope_spans).add_message(1, scope_part);
    protozero::pbf_writer(resource_spans).add_message(1, part);
  }
  protozero::pbf_writer(scope_spans).add_message(2, SpanMessage(kTraceId, kSpanId, "span"));
  protozero::pbf_writer(resource_spans).add_message(2, scope_spans);
  std::string body;
  protozero::pbf_writer(body).add_message(1, resource_spans);
  const DecodeLimits limits = {.attribute_count_max = 3};
  DecodeCounts counts;

  const model::TraceData data = Decode(body, limits, &counts);

  EXPECT_EQ(data.resources[0].attributes.size(), 3u);
  EXPECT_EQ(data.resources[0].dropped_attributes_count, 5u + 3u);
  EXPECT_EQ(data.scopes[0].attributes.size(), 3u);
  EXPECT_EQ(data.scopes[0].dropped_attributes_count, 3u);
  EXPECT_EQ(counts.attributes_dropped, 6u);
  EXPECT_EQ(InspectRequest(body, limits)->attribute_count, 6u);
}

TEST(DecodeRequest, DropsAndCountsAttributesWithAKeyTooMany) {
  std::string fields;
  for (const std::string_view key : {"a", "b", "c", "a"}) {
    WriteKeyValue(9, key, Value{true}, &fields);
  }
  DecodeLimits limits;
  limits.attribute_keys_max = 3;  // with the service.name of the resource
  DecodeCounts counts;

  const Bytes piece(SpanWith(fields));
  const auto columns = DecodeRequest({piece, Bytes(SpanWith(fields))}, limits, counts);

  ASSERT_TRUE(columns.has_value());
  const model::TraceData data = MaterializeSpans(**columns);
  EXPECT_EQ(data.spans[0].attributes.size(), 3u);
  EXPECT_EQ(model::FindAttribute(data.spans[0].attributes, "c"), nullptr);
  EXPECT_EQ(data.spans[0].dropped_attributes_count, 1u);
  // Each request may bring as many: others in the batch do not take them away.
  EXPECT_EQ(data.spans[1].attributes.size(), 4u);
  EXPECT_EQ(counts.keys_dropped, 1u);
}

TEST(DecodeRequest, CutsAndCountsNamesAndKeysBetweenCharacters) {
  std::string event;
  protozero::pbf_writer(event).add_string(2, "an event");
  WriteKeyValue(3, "k\u00fcrzer", Value{true}, &event);
  std::string status;
  protozero::pbf_writer(status).add_string(2, "went wrong");
  std::string fields;
  protozero::pbf_writer writer(fields);
  writer.add_string(5, "n\u00fcmber");  // the last name counts
  writer.add_message(11, event);
  writer.add_message(15, status);
  WriteKeyValue(9, "key", Value{true}, &fields);
  const DecodeLimits limits = {
      .attribute_key_bytes_max = 2, .attribute_value_bytes_max = 5, .name_bytes_max = 2};
  DecodeCounts counts;

  const model::TraceData data = Decode(SpanWith(fields), limits, &counts);

  const model::Span& span = data.spans[0];
  EXPECT_EQ(span.name, "n");
  EXPECT_EQ(span.status_message, "went ");
  EXPECT_EQ(span.attributes[0].key, "ke");
  EXPECT_EQ(span.events[0].name, "an");
  EXPECT_EQ(span.events[0].attributes[0].key, "k");
  EXPECT_EQ(data.scopes[0].name, "li");
  EXPECT_EQ(data.scopes[0].version, "1.");
  // With the key of the resource, the first name of the span, and the version of the scope.
  EXPECT_EQ(counts.keys_truncated, 3u);
  EXPECT_EQ(counts.values_truncated, 1u);
  EXPECT_EQ(counts.names_truncated, 5u);
}

TEST(DecodeRequest, EmptiesWhatNestsTooDeep) {
  Value value{std::int64_t{1}};
  for (int depth = 0; depth < 5; ++depth) value = Value{Value::Array{value}};
  std::string fields;
  WriteKeyValue(9, "deep", value, &fields);
  DecodeLimits limits;
  limits.nesting_depth_max = 2;
  DecodeCounts counts;

  const model::TraceData data = Decode(SpanWith(fields), limits, &counts);

  EXPECT_EQ(data.spans[0].attributes[0].value, (Value{Value::Array{Value{Value::Array{Value{}}}}}));
  EXPECT_EQ(counts.values_too_deep, 1u);
}

TEST(DecodeRequest, ManySmallTextsThatAreMadeTakeLittleMoreThanTheirBytes) {
  const Value deep{Value::Array{Value{Value::Array{Value{std::int64_t{1}}}}}};
  std::string fields;
  for (int i = 0; i < 1'000; ++i) WriteKeyValue(9, "deep", deep, &fields);
  // Entity references that are no neighbours in the message.
  std::string resource;
  for (int i = 0; i < 1'000; ++i) resource += std::string("\x1a\x02\x12\x00\x10\x00", 6);
  std::string resource_spans;
  protozero::pbf_writer(resource_spans).add_message(1, resource);
  std::string body = SpanWith(fields);
  protozero::pbf_writer(body).add_message(1, resource_spans);
  DecodeLimits limits;
  limits.nesting_depth_max = 1;
  limits.entity_ref_count_max = 1'000;
  DecodeCounts counts;

  const auto columns = DecodeRequest({Bytes(body)}, limits, counts);

  ASSERT_TRUE(columns.has_value());
  EXPECT_EQ(counts.values_too_deep, 1'000u);
  EXPECT_EQ((*columns)->resources.entity_refs[1].size(), 4'000u);
  std::size_t made_size = 0;
  for (const Bytes& bytes : (*columns)->memory) made_size += bytes.size();
  EXPECT_LE(made_size, body.size() + (64u << 10));
}

TEST(DecodeRequest, IgnoresUnknownFieldsAndReadsFieldsInAnyOrder) {
  std::string fields;
  protozero::pbf_writer writer(fields);
  writer.add_string(99, "from the future");
  writer.add_uint64(98, 7);
  writer.add_uint64(5, 3);  // the number of `name` with another wire type
  writer.add_fixed32(16, 0x301);

  const model::TraceData data = Decode(SpanWith(fields));

  EXPECT_EQ(data.spans[0].name, "span");
  EXPECT_EQ(data.spans[0].flags, 0x301u);
}

TEST(DecodeRequest, TakesTheOldListOfLibrarySpans) {
  std::string scope_spans;
  protozero::pbf_writer(scope_spans).add_message(2, SpanMessage(kTraceId, kSpanId, "old"));
  std::string resource_spans;
  protozero::pbf_writer(resource_spans).add_message(1000, scope_spans);
  std::string body;
  protozero::pbf_writer(body).add_message(1, resource_spans);

  const model::TraceData data = Decode(body);

  ASSERT_EQ(data.spans.size(), 1u);
  EXPECT_EQ(data.spans[0].name, "old");
}

TEST(DecodeRequest, JoinsPiecesAsIfConcatenated) {
  DecodeCounts counts;
  const Bytes piece(SpanWith(""));

  const auto columns = DecodeRequest({piece, piece}, {}, counts);

  ASSERT_TRUE(columns.has_value());
  EXPECT_EQ((*columns)->span_count(), 2u);
}

TEST(DecodeRequest, NamesTheOffsetOfMalformedAttributes) {
  std::string body = SpanWith(std::string("\x4a\x03\x0a\x09x", 5));
  DecodeCounts counts;

  const auto columns = DecodeRequest({Bytes(body)}, {}, counts);

  ASSERT_FALSE(columns.has_value());
  EXPECT_EQ(columns.error().code, Code::kInvalidArgument);
  EXPECT_NE(columns.error().message.find("byte offset"), std::string::npos);
}

}  // namespace
}  // namespace clew::wire::otlp
