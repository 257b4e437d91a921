#include "api/jaeger/show_trace.h"

#include <gmock/gmock.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "api/trace_pieces.h"
#include "model/memory.h"
#include "model/service_name.h"
#include "wire/otlp/materialize.h"
#include "wire/otlp/testing/own_columns.h"

namespace clew::api::jaeger {
namespace {

using analysis::ShownTrace;
using model::Attributes;
using ::testing::ElementsAre;

/// A trace of so many spans that view one text of 60,000 bytes as their stored warning.
model::SpanColumns SpansOfOneWarning(std::uint32_t count) {
  model::TraceData trace;
  trace.resources.resize(1);
  trace.scopes.resize(1);
  for (std::uint32_t i = 0; i < count; ++i) {
    trace.spans.emplace_back().span_id = *SpanId::FromHex(std::to_string(i + 1));
  }
  model::SpanColumns spans = *wire::otlp::testing::OwnColumns(trace);
  spans.memory.emplace_back(std::string(60'000, 'w'));
  model::AttributeColumn stored;
  stored.type = model::ValueType::kString;
  stored.key = kWarningsKey;
  for (std::uint32_t i = 0; i < count; ++i) {
    stored.rows.push_back(i);
    stored.strings.push_back(spans.memory.back().view());
  }
  spans.attributes.push_back(stored);
  return spans;
}

TEST(PrepareTrace, CopiesNoWarningThatSpansShare) {
  ShownTrace trace{SpansOfOneWarning(5000)};
  const std::uint64_t before = model::MemoryOf(trace.spans);

  PrepareTrace({}, /*is_raw=*/false, &trace);
  WriteNames(&trace);

  EXPECT_LT(model::MemoryOf(trace.spans) + trace.warnings.bytes(), before + 2'000'000);
}

TEST(TakeStoredWarnings, HappensPieceByPiece) {
  const auto trace = std::make_shared<const model::SpanColumns>(SpansOfOneWarning(100));
  TracePieces pieces({trace}, nullptr, {}, TakeStoredWarnings);
  std::uint32_t count = 0;
  for (auto part = pieces.Next(); part->has_value(); part = pieces.Next()) {
    EXPECT_LE((*part)->spans.span_count(), 6u);
    EXPECT_TRUE((*part)->spans.attributes.empty());
    for (std::uint32_t row = 0; row < (*part)->spans.span_count(); ++row, ++count) {
      EXPECT_EQ((*part)->warnings.Of(row).size(), 1u);
    }
  }
  EXPECT_EQ(count, 100u);
}

TEST(TakeStoredWarnings, ComeBeforeThoseThatASpanHas) {
  ShownTrace trace{SpansOfOneWarning(2)};
  trace.warnings.Add(1, "later");

  TakeStoredWarnings(&trace);

  const auto warnings = trace.warnings.Of(1);
  EXPECT_THAT(std::vector<std::string>(warnings.begin(), warnings.end()),
              ElementsAre(std::string(60'000, 'w'), "later"));
}

TEST(WriteNames, ReplacesTheFirstValueOnly) {
  const std::string key(model::kServiceNameKey);
  const auto written = [&](const Attributes& resource) {
    model::TraceData data;
    data.resources.emplace_back().attributes = resource;
    data.scopes.resize(1);
    data.spans.resize(1);
    ShownTrace trace{*wire::otlp::testing::OwnColumns(data)};
    WriteNames(&trace);
    return wire::otlp::MaterializeSpans(trace.spans).resources[0].attributes;
  };

  EXPECT_EQ(written({{key, {std::string("a")}}, {key, {std::string("b")}}}),
            (Attributes{{key, {std::string("a")}}, {key, {std::string("b")}}}));
  EXPECT_EQ(written({{key, {std::string()}}, {key, {std::string("b")}}}),
            (Attributes{{key, {std::string("b")}}, {key, {std::string("b")}}}));
  EXPECT_EQ(written({{key, {std::int64_t{7}}}, {key, {std::int64_t{8}}}}),
            (Attributes{{key, {std::string("7")}}, {key, {std::int64_t{8}}}}));
  EXPECT_EQ(written({}), (Attributes{{key, {std::string(model::kNoServiceName)}}}));
}

}  // namespace
}  // namespace clew::api::jaeger
