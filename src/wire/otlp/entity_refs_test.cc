#include "wire/otlp/entity_refs.h"

#include <gtest/gtest.h>
#include <protozero/pbf_writer.hpp>

#include "wire/otlp/codec.h"
#include "wire/otlp/inspect.h"
#include "wire/otlp/materialize.h"
#include "wire/otlp/testing/sample_request.h"

namespace clew::wire::otlp {
namespace {

constexpr std::uint32_t kType = 2;
constexpr std::uint32_t kIdKeys = 3;
constexpr std::uint32_t kDescriptionKeys = 4;

/// An EntityRef message of this type with so many keys of each kind.
std::string EntityRef(const std::string& type, std::size_t key_count) {
  std::string message;
  protozero::pbf_writer writer(message);
  writer.add_string(kType, type);
  for (std::size_t i = 0; i < key_count; ++i) {
    writer.add_string(kIdKeys, "id");
    writer.add_string(kDescriptionKeys, "description");
  }
  return message;
}

/// A request of one span whose resource has these references, each in a part of its own.
std::string RequestWith(const std::vector<std::string>& entity_refs) {
  std::string spans;
  protozero::pbf_writer(spans).add_message(
      2, testing::SpanMessage(std::string(16, 'a'), std::string(8, 'b'), "span"));
  std::string resource_spans;
  protozero::pbf_writer writer(resource_spans);
  for (const std::string& entity_ref : entity_refs) {
    std::string resource;
    protozero::pbf_writer(resource).add_message(3, entity_ref);
    writer.add_message(1, resource);
  }
  writer.add_message(2, spans);
  std::string body;
  protozero::pbf_writer(body).add_message(1, resource_spans);
  return body;
}

std::vector<model::EntityRef> EntityRefsOf(const model::SpanColumns& columns) {
  return MaterializeSpans(columns).resources.at(0).entity_refs;
}

std::vector<std::string> TypesOf(const model::SpanColumns& columns) {
  std::vector<std::string> types;
  for (const model::EntityRef& entity : EntityRefsOf(columns)) types.push_back(entity.type);
  return types;
}

TEST(EntityRefs, WhatIsOverALimitIsLeftOutWholeAndCounted) {
  const OtlpCodec codec(
      {.attribute_count_max = 4, .attribute_value_bytes_max = 64, .entity_ref_count_max = 3});
  const Bytes body(
      RequestWith({EntityRef("a", 2), EntityRef("keys", 3), EntityRef(std::string(100, 'l'), 0),
                   "\x1a\x05", EntityRef("b", 0), EntityRef("c", 1), EntityRef("many", 0)}));

  const auto columns = codec.Decode({body}, {});

  ASSERT_TRUE(columns.has_value());
  EXPECT_EQ((*columns)->span_count(), 1u);
  EXPECT_EQ(TypesOf(**columns), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(codec.counts().entity_refs_dropped, 4u);
  EXPECT_TRUE((*columns)->is_cut);
  // Who reads what was kept, without limits or with the same, has the same.
  for (const DecodeLimits& limits : {kNothingCut, codec.limits()}) {
    const OtlpCodec again(limits);
    const auto read = again.Decode({codec.Encode(**columns)}, {});
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(EntityRefsOf(**read), EntityRefsOf(**columns));
    EXPECT_FALSE((*read)->is_cut);
  }
}

TEST(EntityRefs, OneRequestOfVeryManyKeepsFew) {
  const OtlpCodec codec(DecodeLimits{});

  const auto columns = codec.Decode({Bytes(RequestWith(std::vector<std::string>(20'000)))}, {});

  ASSERT_TRUE(columns.has_value());
  EXPECT_EQ(EntityRefsOf(**columns).size(), 128u);
  EXPECT_EQ(codec.counts().entity_refs_dropped, 20'000u - 128u);
}

TEST(EntityRefs, OneThatIsTooLargeDoesNotCountForAll) {
  std::vector<std::string> entity_refs(129, EntityRef("a", 1));
  const std::uint64_t small = InspectRequest(RequestWith(entity_refs))->entity_ref_bytes;
  EXPECT_LE(small, 129 * 100u);
  entity_refs[5] = EntityRef(std::string(1'000'000, 'l'), 1);

  const auto facts = InspectRequest(RequestWith(entity_refs), {.attribute_value_bytes_max = 64});

  EXPECT_LE(facts->entity_ref_bytes, 128 * (64u + 11));
  EXPECT_LE(InspectRequest(RequestWith(entity_refs))->entity_ref_bytes, 1'000'000 + 129 * 100u);
}

}  // namespace
}  // namespace clew::wire::otlp
