#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/vocabulary.h"
#include "model/trace_data.h"
#include "traceql/query.h"
#include "traceql/static.h"

namespace clew::traceql::metrics::testing {

/// The buckets of a query, as numbers of nanoseconds: a span that starts at T is in the one of
/// which T is right of the left edge, and not right of the right one. The last one may end early.
struct PlainRange {
  std::int64_t start = 0;
  std::int64_t end = 0;
  std::int64_t step = 0;
};

/// A series: strings, ints, floats and bools by label, and a number for each bucket, NaN where
/// there is no point.
struct PlainSeries {
  std::vector<std::pair<std::string, Static>> labels;
  std::vector<double> values;
};

/// `{name="get", p=0.5}`.
std::string PlainText(const std::vector<std::pair<std::string, Static>>& labels);

/// What a metrics query makes of traces, each whole and every span of it once: by the words of the
/// sheet (9) and of docs/reference/traceql-differences.md, from rows and lists, slow and with
/// nothing of what it tests. Quantiles are those of the values themselves. By labels, as answers
/// are. Whatever fails fails.
Result<std::vector<PlainSeries>> PlainMeasure(const Query& query,
                                              const std::vector<model::TraceData>& traces,
                                              const PlainRange& range);

/// A span that an exemplar may stand for.
struct PlainExemplar {
  std::string trace_id;
  std::int64_t start = 0;
  /// In seconds, of what is a duration; NaN where spans are counted.
  double value = 0;
  /// What the query asks of the span by itself, and what it asks of its events, links, parent or
  /// trace: which labels may say, or not. What is not there is left out.
  std::vector<std::pair<std::string, Static>> labels;
  std::vector<std::pair<std::string, Static>> more_labels;
};
/// Of a query without arithmetic: all of them.
Result<std::vector<PlainExemplar>> PlainExemplars(const Query& query,
                                                  const std::vector<model::TraceData>& traces,
                                                  const PlainRange& range);

}  // namespace clew::traceql::metrics::testing
