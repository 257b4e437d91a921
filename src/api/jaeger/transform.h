#pragma once

#include <cstdint>
#include <vector>

#include "base/vocabulary.h"
#include "model/span_columns.h"
#include "query/query_context.h"

namespace clew::api::jaeger {

struct TransformedTraces {
  /// In order of first appearance, each with memory of its own.
  std::vector<model::SpanColumnsPtr> traces;
  std::uint64_t rejected_span_count = 0;
};

/// Reads OTLP JSON (`resourceSpans`) and sorts its spans by trace, as they came.
/// INVALID_ARGUMENT names the JSON path; else what QueryContext::TakeMemory and Check say: decoding
/// and the traces take memory of `context`.
Result<TransformedTraces> TransformOtlpJson(const query::QueryContext& context, const Bytes& body);

}  // namespace clew::api::jaeger
