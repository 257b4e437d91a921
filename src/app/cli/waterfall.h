#pragma once

#include <cstddef>
#include <string>

#include "app/cli/style.h"
#include "model/trace_data.h"

namespace clew::app::cli {

struct WaterfallOptions {
  /// Columns of the screen, at least 60.
  std::size_t width = 100;
  /// Attributes, events and links of every span below its line.
  bool has_attributes = false;
};

/// Draws one trace: its facts, then a line a span with its place in the tree, its bar on the time
/// axis and its duration; errors with their message. `trace` has at least one span.
std::string DrawWaterfall(const model::TraceData& trace, const WaterfallOptions& options,
                          const Style& style);

}  // namespace clew::app::cli
