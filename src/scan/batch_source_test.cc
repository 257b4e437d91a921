#include "scan/batch_source.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "expr/expression.h"
#include "model/batch.h"
#include "model/select_rows.h"
#include "scan/evaluate.h"
#include "wire/otlp/codec.h"
#include "wire/otlp/encode.h"
#include "wire/otlp/scatter_objects.h"

namespace clew::scan {
namespace {

template <typename T>
const T* PlaceOf(const std::span<const T> values) {
  return values.data();
}

TEST(BatchSource, ColumnsAreThoseOfTheBatchAndNotCopies) {
  model::TraceData data;
  data.resources.resize(1);
  data.scopes.resize(1);
  for (int i = 0; i < 3; ++i) {
    model::Span& span = data.spans.emplace_back();
    span.trace_id = *TraceId::FromHex("a");
    span.span_id = *SpanId::FromHex(std::to_string(i + 1));
    span.name = "name";
    span.attributes = {{"text", {std::string("t")}}, {"number", {std::int64_t{i}}}};
  }
  const auto batch = std::make_shared<const model::SpanColumns>(wire::otlp::ScatterSpans(data));
  const BatchSource source(batch);

  const ColumnPtr names = *source.Field(expr::Field::kName);
  EXPECT_EQ(PlaceOf(std::get<Texts>(names->values)), std::span(batch->names).data());
  const ColumnPtr starts = *source.Field(expr::Field::kStart);
  EXPECT_EQ(PlaceOf(starts->all<std::int64_t>()), std::span(batch->starts).data());
  const ColumnPtr traces = *source.Field(expr::Field::kTraceId);
  EXPECT_EQ(PlaceOf(traces->all<TraceId>()), std::span(batch->trace_ids).data());
  const ColumnPtr resources = *source.Ties(model::Owner::kResource);
  EXPECT_EQ(PlaceOf(resources->all<std::uint32_t>()), std::span(batch->resource_indexes).data());
  for (const model::AttributeColumn& attribute : batch->attributes) {
    const auto columns = source.Attribute(model::Owner::kSpan, attribute.key);
    ASSERT_TRUE(columns.has_value());
    ASSERT_EQ(columns->size(), 1u);
    const Column& column = *columns->front();
    EXPECT_EQ(PlaceOf(column.rows), std::span(attribute.rows).data());
    if (attribute.type == model::ValueType::kString) {
      EXPECT_EQ(PlaceOf(std::get<Texts>(column.values)), std::span(attribute.strings).data());
    } else {
      EXPECT_EQ(PlaceOf(column.all<std::int64_t>()), std::span(attribute.numbers).data());
    }
  }
}

// What a filter or a sampler does with what comes to it: received as bytes, and edited before.
TEST(BatchSource, ABatchInAPipelineIsAskedAsItIs) {
  model::TraceData data;
  data.resources.resize(1);
  data.scopes.resize(1);
  for (int i = 0; i < 4; ++i) {
    model::Span& span = data.spans.emplace_back();
    span.trace_id = *TraceId::FromHex("a");
    span.span_id = *SpanId::FromHex(std::to_string(i + 1));
    span.name = i % 2 == 0 ? "GET" : "POST";
  }
  const wire::otlp::OtlpCodec codec{wire::otlp::kNothingCut};
  const model::BatchPtr received =
      model::Batch::FromWire({Bytes(wire::otlp::EncodeRequest(data))}, data.spans.size(), codec);
  const expr::Expression is_get =
      expr::Compare(expr::Op::kEqual, expr::Of(expr::Field::kName), expr::Literal::String("GET"));
  const auto rows_in = [&](const model::Batch& batch) {
    const BatchSource source(*batch.columns());
    return Evaluate(is_get, source)->holds.Rows();
  };
  EXPECT_EQ(rows_in(*received), (std::vector<std::uint32_t>{0, 2}));

  const std::vector<std::uint32_t> kept = {1, 2, 3};
  const auto edited =
      std::make_shared<const model::SpanColumns>(model::SelectSpans(**received->columns(), kept));
  EXPECT_EQ(rows_in(*model::Batch::FromColumns(edited, codec)), (std::vector<std::uint32_t>{1}));
}

}  // namespace
}  // namespace clew::scan
