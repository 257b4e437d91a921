#pragma once

#include <string>

#include "model/trace_data.h"

namespace clew::pipeline::exporters::debug {

/// A header line a resource and a scope, then a line a span.
std::string FormatNormal(const model::TraceData& data);

/// Every field of every span.
std::string FormatDetailed(const model::TraceData& data);

}  // namespace clew::pipeline::exporters::debug
