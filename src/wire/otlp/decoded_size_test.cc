#include "wire/otlp/decoded_size.h"

#include <gtest/gtest.h>
#include <protozero/pbf_writer.hpp>

#include "model/memory.h"
#include "wire/otlp/decode.h"
#include "wire/otlp/testing/sample_request.h"
#include "wire/otlp/value_writer.h"

namespace clew::wire::otlp {
namespace {

using testing::Request;
using testing::SpanMessage;

constexpr std::uint32_t kAttributes = 9;
constexpr std::uint32_t kEvents = 11;
constexpr std::uint32_t kLinks = 13;

const std::string kTraceId(16, 'a');
const std::string kSpanId(8, 'b');

std::string Span(const std::string& fields) { return SpanMessage(kTraceId, kSpanId, "", fields); }

/// `count` fields of this number with this content.
std::string Fields(std::uint32_t number, std::size_t count, std::string_view content = {}) {
  std::string fields;
  for (std::size_t i = 0; i < count; ++i) {
    protozero::pbf_writer(fields).add_message(number, content.data(), content.size());
  }
  return fields;
}

/// `count` attributes with keys of their own.
std::string Keys(std::size_t count, std::size_t first = 0) {
  std::string fields;
  for (std::size_t i = 0; i < count; ++i) {
    WriteKeyValue(kAttributes, std::to_string(first + i), model::Value{std::int64_t{1}}, &fields);
  }
  return fields;
}

/// Fails when decoding takes more than what is said of it before.
void ExpectBounded(const std::string& body, const DecodeLimits& limits = {}) {
  const auto facts = InspectRequest(body, limits);
  ASSERT_TRUE(facts.has_value()) << facts.error().message;
  DecodeCounts counts;
  const auto columns = DecodeRequest({Bytes(body)}, limits, counts, facts->rows());
  ASSERT_TRUE(columns.has_value());
  EXPECT_EQ((*columns)->events.count(), facts->event_count);
  EXPECT_EQ((*columns)->links.count(), facts->link_count);
  std::uint64_t value_count = 0;
  for (const auto& column : (*columns)->attributes) value_count += column.count();
  EXPECT_EQ(value_count, facts->attribute_count - counts.keys_dropped);
  EXPECT_GE(DecodedBytesMax(*facts, limits, body.size()) + body.size(), model::MemoryOf(**columns));
}

TEST(DecodedBytesMax, HoldsForManySmallThings) {
  ExpectBounded(Request(std::vector<std::string>(20'000, Span(""))));
  ExpectBounded(Request(std::vector<std::string>(40, Span(Fields(kEvents, 1'000)))));
  ExpectBounded(Request(std::vector<std::string>(40, Span(Fields(kLinks, 1'000)))));
  ExpectBounded(Request(std::vector<std::string>(40, Span(Fields(kAttributes, 1'000)))));
  ExpectBounded(Request({Span(Keys(1'000)), Span(Keys(1'000, 1'000)), Span(Keys(1'000, 2'000))}));
  ExpectBounded(Request({Span(Keys(1'000)), Span(Keys(1'000, 1'000)), Span(Keys(1'000, 2'000))}),
                {.attribute_keys_max = 1'500});
  ExpectBounded(Request({Span("")}) + Fields(1, 20'000));
  std::string scopes;
  protozero::pbf_writer(scopes).add_message(1, Fields(2, 20'000));
  ExpectBounded(Request({Span("")}) + scopes);
}

TEST(DecodedBytesMax, HoldsForEntityReferencesThatAreNoNeighbours) {
  // Joined, they are a copy that grows.
  std::string resource;
  for (int i = 0; i < 100; ++i) {
    resource += Fields(3, 1, Fields(2, 1, std::string(60'000, 't'))) + Fields(9, 1);
  }
  std::string resource_spans;
  protozero::pbf_writer(resource_spans).add_message(1, resource);
  std::string body = Request({Span("")});
  protozero::pbf_writer(body).add_message(1, resource_spans);
  ExpectBounded(body);
  EXPECT_EQ(InspectRequest(body)->entity_ref_bytes, resource.size() - 100 * 2);
  // Those that are not kept take nothing.
  const std::uint64_t one = InspectRequest(body)->entity_ref_bytes / 100;
  EXPECT_EQ(InspectRequest(body, {.entity_ref_count_max = 3})->entity_ref_bytes, 3 * one);
}

TEST(DecodedBytesMax, CountsThePlacesOfLongAttributeLists) {
  const auto facts = InspectRequest(Request({Span(Fields(kAttributes, 100'000))}),
                                    {.attribute_count_max = 100'000});
  ASSERT_TRUE(facts.has_value());
  ASSERT_GE(facts->attribute_count, 100'000u);
  const auto bytes = [&](std::uint64_t attribute_count_max) {
    return DecodedBytesMax(*facts, {.attribute_count_max = attribute_count_max}, 0);
  };

  // A decoder remembers two columns a place; the vector that grows is there twice, once doubled.
  EXPECT_EQ(bytes(100'000) - bytes(1'000), (facts->attribute_count - 5 * 1'000u) * 24);
  EXPECT_EQ(bytes(kNothingCut.attribute_count_max), bytes(100'000));
}

TEST(DecodedBytesMax, HoldsWhereLimitsCut) {
  const std::string event = Fields(3, 50);
  ExpectBounded(Request({Span(Fields(kEvents, 100, event) + Fields(kLinks, 100) + Keys(100))}),
                {.attribute_count_max = 20, .event_count_max = 30, .link_count_max = 40});
  model::Value deep{std::int64_t{1}};
  for (int depth = 0; depth < 3; ++depth) deep = model::Value{model::Value::Array{deep}};
  std::string fields;
  for (int i = 0; i < 1'000; ++i) WriteKeyValue(kAttributes, "deep", deep, &fields);
  ExpectBounded(Request(std::vector<std::string>(20, Span(fields))), {.nesting_depth_max = 1});
}

}  // namespace
}  // namespace clew::wire::otlp
