#pragma once

#include <cstddef>
#include <string>

#include "api/tempo/found_trace.h"

/// Fields of Tempo's SearchResponse (tempo-api.md section 8), each encoded with its number.
namespace clew::api::tempo {

/// An element of `traces`.
std::string TraceField(const FoundTrace& trace);

/// `metrics`, as they are when so many traces were found. Also of the answers of metrics.
std::string SearchMetricsField(const query::QueryStats& stats, std::size_t trace_count);

/// The same while the search goes on.
std::string UnfinishedMetricsField(std::size_t trace_count);

}  // namespace clew::api::tempo
