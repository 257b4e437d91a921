#include "wire/otlp/encode.h"

#include <gtest/gtest.h>

#include "wire/otlp/decode.h"
#include "wire/otlp/materialize.h"

namespace clew::wire::otlp {
namespace {

using model::Value;

model::TraceData FullTrace() {
  model::TraceData data;
  data.resources = {{{{"service.name", Value{std::string("a")}}},
                     2,
                     {{"schema", "service", {"service.name"}, {"x", "y"}}},
                     "https://r"},
                    {}};
  data.scopes = {{"lib", "1", {{"s", Value{true}}}, 3, "https://s"}, {}};
  model::Span span;
  span.trace_id = *TraceId::FromHex("1");
  span.span_id = *SpanId::FromHex("2");
  span.parent_span_id = *SpanId::FromHex("3");
  span.trace_state = "k=v";
  span.name = "full";
  span.kind = model::SpanKind::kServer;
  span.status = model::StatusCode::kError;
  span.status_message = "boom";
  span.flags = 0x80000301;
  span.start = -1;
  span.end = 5;
  span.attributes = {{"a", Value{1.25}}, {"b", Value{Value::KvList{{"k", Value{}}}}}};
  span.events = {{7, "event", {{"e", Value{std::int64_t{1} << 62}}}, 4}};
  span.links = {{*TraceId::FromHex("9"), *SpanId::FromHex("8"), "l=1", {{"l", Value{true}}}, 5, 1}};
  span.dropped_attributes_count = 1;
  span.dropped_events_count = 2;
  span.dropped_links_count = 3;
  data.spans = {span};
  model::Span bare;
  bare.trace_id = *TraceId::FromHex("1");
  bare.span_id = *SpanId::FromHex("4");
  bare.resource = 1;
  bare.scope = 1;
  data.spans.push_back(bare);
  return data;
}

TEST(EncodeRequest, RoundTripsEveryField) {
  const model::TraceData data = FullTrace();
  DecodeCounts counts;

  const auto columns = DecodeRequest({Bytes(EncodeRequest(data))}, {}, counts);

  ASSERT_TRUE(columns.has_value());
  const model::TraceData again = MaterializeSpans(**columns);
  EXPECT_EQ(again.resources, data.resources);
  EXPECT_EQ(again.scopes, data.scopes);
  EXPECT_EQ(again.spans, data.spans);
}

TEST(EncodeRequest, GivesTheSameBytesForColumns) {
  const std::string body = EncodeRequest(FullTrace());
  DecodeCounts counts;

  EXPECT_EQ(EncodeRequest(**DecodeRequest({Bytes(body)}, {}, counts)), body);
}

}  // namespace
}  // namespace clew::wire::otlp
