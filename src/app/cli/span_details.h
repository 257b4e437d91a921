#pragma once

#include <string>

#include "app/cli/style.h"
#include "model/trace_data.h"

namespace clew::app::cli {

struct DetailOptions {
  /// All attributes, events and links; else only what explains an error.
  bool has_attributes = false;
  /// With them the attributes of the resource.
  bool has_resource = false;
  /// Times of events are written relative to it.
  UnixNanos trace_start = 0;
  /// In front of every line.
  std::string indent;
};

/// The lines below a span in the waterfall; empty when there is nothing to say.
std::string DetailLines(const model::TraceData& trace, const model::Span& span,
                        const DetailOptions& options, const Style& style);

}  // namespace clew::app::cli
