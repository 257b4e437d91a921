#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wire/otlp/span_ids.h"

namespace clew::wire::otlp {

/// A span that InspectRequest counts as rejected.
struct RejectedSpan {
  SpanFault fault = SpanFault::kNone;
  /// Which span of the request it is, from 1 on.
  std::uint64_t number = 0;
  /// As they came, of any length.
  std::string trace_id;
  std::string span_id;
};

/// Of each fault the first span that has it, for messages. `body` has passed InspectRequest.
std::vector<RejectedSpan> FirstRejectedSpans(std::string_view body);

}  // namespace clew::wire::otlp
