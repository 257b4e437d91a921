#include "wire/otlp/nested_value.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "wire/otlp/materialize.h"
#include "wire/otlp/scatter_objects.h"

namespace clew::wire::otlp {
namespace {

using model::Value;

TEST(NestedValue, WhatObjectsTakeIsKnownBeforeTheyAreMade) {
  const Value text{std::string(60'000, 't')};
  const Value::Array numbers(5'000, Value{std::int64_t{1}});
  const Value::Array nested(100, Value{Value::Array(10, Value{std::string(100, 'n')})});
  const Value::KvList list(1'000, {"a key of some length", Value{std::string("short")}});
  for (const Value& value : {Value{Value::Array{text}}, Value{numbers}, Value{nested}, Value{list},
                             Value{Value::Array(5'000, Value{})}}) {
    model::TraceData data;
    data.resources.resize(1);
    data.scopes.resize(1);
    data.spans.emplace_back().attributes = {{"k", value}};
    const model::SpanColumns columns = ScatterSpans(data);

    const std::uint64_t expected = MaterializedBytes(columns);

    const std::uint64_t size = model::MemoryOf(MaterializeSpans(columns).spans.at(0));
    EXPECT_GE(expected, size);
    EXPECT_LE(expected, 3 * size);
  }
}

TEST(NestedValue, OfMalformedBytesWhatComesBeforeCounts) {
  EXPECT_EQ(NestedBytes(model::ValueType::kArray, "\x0a\x7f"), 0u);
}

}  // namespace
}  // namespace clew::wire::otlp
