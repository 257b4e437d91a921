#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "base/vocabulary.h"
#include "model/trace_data.h"
#include "traceql/evaluate/testing/plain_value.h"
#include "traceql/metrics/testing/plain_metrics.h"
#include "traceql/query.h"

/// What the parts of PlainMeasure share.
namespace clew::traceql::metrics::testing {

/// A span that comes out of a pipeline, and starts in the range.
struct PlainSpan {
  const model::TraceData* trace = nullptr;
  std::size_t row = 0;
  std::size_t bucket = 0;
  /// How many spans it stands for.
  double weight = 1;
};

std::size_t PlainBucketCount(const PlainRange& range);

/// All of them; `query` has the hints.
Result<std::vector<PlainSpan>> PlainSpans(const Query& query, const Pipeline& pipeline,
                                          const std::vector<model::TraceData>& traces,
                                          const PlainRange& range);

/// A value that is not nil as labels have it: strings, numbers and bools as they are, else its
/// text.
Static PlainLabel(const evaluate::testing::PlainValue& value);

/// By names, then types (strings, bools, ints, floats), then values, one label after the other.
bool PlainLabelsLess(const std::vector<std::pair<std::string, Static>>& left,
                     const std::vector<std::pair<std::string, Static>>& right);

}  // namespace clew::traceql::metrics::testing
