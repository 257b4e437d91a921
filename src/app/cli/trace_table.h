#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "analysis/trace_summary.h"
#include "app/cli/style.h"

namespace clew::app::cli {

/// One line a trace, for `clew search`; two where `width`, the columns of the screen, is too small
/// for a line.
std::string DrawTraceTable(const std::vector<analysis::TraceSummary>& traces, std::size_t width,
                           const Style& style);

}  // namespace clew::app::cli
