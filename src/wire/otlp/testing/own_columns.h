#pragma once

#include <memory>
#include <utility>

#include "model/own_text.h"
#include "model/span_columns.h"
#include "model/trace_data.h"
#include "wire/otlp/scatter_objects.h"

namespace clew::wire::otlp::testing {

/// Objects as columns that do not refer to them.
inline model::SpanColumnsPtr OwnColumns(const model::TraceData& data) {
  model::SpanColumns columns = ScatterSpans(data);
  model::OwnText(&columns);
  return std::make_shared<const model::SpanColumns>(std::move(columns));
}

}  // namespace clew::wire::otlp::testing
