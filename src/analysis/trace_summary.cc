#include "analysis/trace_summary.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "analysis/span_time.h"
#include "model/service_name.h"

namespace clew::analysis {

TraceSummary Summarize(const model::SpanColumns& spans) {
  TraceSummary summary;
  const auto count = static_cast<std::uint32_t>(spans.span_count());
  if (count == 0) {
    return summary;
  }
  const std::unordered_set<SpanId> ids(spans.span_ids.begin(), spans.span_ids.end());
  const model::ServiceNameViews names(spans);
  std::optional<std::uint32_t> root;
  std::map<std::string_view, ServiceSummary> services;
  summary.trace_id = spans.trace_ids[0];
  summary.start_min = spans.starts[0];
  for (std::uint32_t row = 0; row < count; ++row) {
    constexpr auto kError = static_cast<std::int32_t>(model::StatusCode::kError);
    const std::uint64_t error_count = spans.status_codes[row] == kError ? 1 : 0;
    const UnixNanos start = spans.starts[row];
    ServiceSummary& service = services[names[spans.resource_indexes[row]]];
    ++service.span_count;
    service.error_span_count += error_count;
    ++summary.span_count;
    summary.error_span_count += error_count;
    summary.start_min = std::min(summary.start_min, start);
    // Unsigned, as times are on the wire.
    const auto end =
        static_cast<std::uint64_t>(Sum(start, model::SpanDuration(start, spans.ends[row]).count()));
    summary.end_max =
        static_cast<UnixNanos>(std::max(static_cast<std::uint64_t>(summary.end_max), end));
    const SpanId& parent = spans.parent_span_ids[row];
    if (parent.is_zero()) {
      if (!root || start < spans.starts[*root]) {
        root = row;
      }
    } else if (!ids.contains(parent)) {
      ++summary.orphan_span_count;
    }
  }
  if (root) {
    summary.root_service = names[spans.resource_indexes[*root]];
    summary.root_operation = model::OperationName(spans.names[*root]);
  }
  for (auto& [name, service] : services) {
    service.name = name;
    summary.services.push_back(std::move(service));
  }
  return summary;
}

}  // namespace clew::analysis
