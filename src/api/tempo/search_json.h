#pragma once

#include <cstddef>
#include <string>

#include "api/tempo/found_trace.h"

namespace clew::api::tempo {

/// An element of `traces` in the answer of a search (tempo-api.md section 4.1), as JSON.
std::string TraceJson(const FoundTrace& trace);

/// Its `metrics`, as JSON, of an answer with so many traces.
std::string SearchMetricsJson(const query::QueryStats& stats, std::size_t trace_count);

}  // namespace clew::api::tempo
