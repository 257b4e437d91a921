#pragma once

#include <string>
#include <vector>

#include "model/trace_data.h"

namespace clew::wire::otlp::testing {

/// One text for each span, sorted, with its resource and scope and every field in it, bit for bit;
/// attributes of different keys or types in one order. Two data sets that say the same are equal.
std::vector<std::string> DescribeSpans(const model::TraceData& data);

}  // namespace clew::wire::otlp::testing
