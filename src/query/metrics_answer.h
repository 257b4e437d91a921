#pragma once

#include <memory>

namespace clew::traceql::metrics {
struct Answer;
}

namespace clew::query {

/// traceql/metrics/answer.h.
using MetricsAnswerPtr = std::shared_ptr<const traceql::metrics::Answer>;

}  // namespace clew::query
