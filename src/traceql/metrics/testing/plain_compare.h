#pragma once

#include <vector>

#include "base/vocabulary.h"
#include "traceql/metrics/testing/plain_metrics.h"
#include "traceql/metrics/testing/plain_spans.h"
#include "traceql/naming.h"
#include "traceql/query.h"

namespace clew::traceql::metrics::testing {

/// What compare() makes of spans (sheet 9.3). No attribute has too many values.
Result<std::vector<PlainSeries>> PlainCompared(const MetricsFunction& function,
                                               const std::vector<PlainSpan>& spans,
                                               const PlainRange& range, Naming naming);

}  // namespace clew::traceql::metrics::testing
