#include "wire/otlp/encode.h"

#include <gtest/gtest.h>

#include "wire/otlp/decode.h"
#include "wire/otlp/materialize.h"

namespace clew::wire::otlp {
namespace {

using model::Value;

model::TraceData FullTrace() {
  model::TraceData data;
  data.resources = {{.schema_url = "https://r",
                     .dropped_attributes_count = 2,
                     .entity_refs = {{"schema", "service", {"service.name"}, {"x", "y"}}},
                     .attributes = {{"service.name", Value{std::string("a")}}}},
                    {}};
  data.scopes = {{.name = "lib",
                  .version = "1",
                  .schema_url = "https://s",
                  .dropped_attributes_count = 3,
                  .attributes = {{"s", Value{true}}}},
                 {}};
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
  span.events = {{.time = 7,
                  .name = "event",
                  .dropped_attributes_count = 4,
                  .attributes = {{"e", Value{std::int64_t{1} << 62}}}}};
  span.links = {{.trace_id = *TraceId::FromHex("9"),
                 .span_id = *SpanId::FromHex("8"),
                 .trace_state = "l=1",
                 .flags = 1,
                 .dropped_attributes_count = 5,
                 .attributes = {{"l", Value{true}}}}};
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
