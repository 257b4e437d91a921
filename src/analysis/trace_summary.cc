#include "analysis/trace_summary.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_set>

#include "analysis/span_time.h"
#include "model/service_name.h"

namespace clew::analysis {

TraceSummary Summarize(const model::TraceData& trace) {
  TraceSummary summary;
  if (trace.spans.empty()) {
    return summary;
  }
  std::unordered_set<SpanId> ids;
  ids.reserve(trace.spans.size());
  for (const model::Span& span : trace.spans) {
    ids.insert(span.span_id);
  }
  const model::Span* root = nullptr;
  std::vector<std::string> names;
  for (const model::Resource& resource : trace.resources) {
    names.push_back(model::ServiceName(resource.attributes));
  }
  std::map<std::string_view, ServiceSummary> services;
  summary.trace_id = trace.spans[0].trace_id;
  summary.start_min = trace.spans[0].start;
  for (const model::Span& span : trace.spans) {
    const std::uint64_t error_count = span.status == model::StatusCode::kError ? 1 : 0;
    ServiceSummary& service = services[names[span.resource]];
    ++service.span_count;
    service.error_span_count += error_count;
    ++summary.span_count;
    summary.error_span_count += error_count;
    summary.start_min = std::min(summary.start_min, span.start);
    // Unsigned, as times are on the wire.
    const auto end = static_cast<std::uint64_t>(Sum(span.start, span.duration().count()));
    summary.end_max =
        static_cast<UnixNanos>(std::max(static_cast<std::uint64_t>(summary.end_max), end));
    if (span.parent_span_id.is_zero()) {
      if (root == nullptr || span.start < root->start) {
        root = &span;
      }
    } else if (!ids.contains(span.parent_span_id)) {
      ++summary.orphan_span_count;
    }
  }
  if (root != nullptr) {
    summary.root_service = names[root->resource];
    summary.root_operation = model::OperationName(root->name);
  }
  for (auto& [name, service] : services) {
    service.name = name;
    summary.services.push_back(std::move(service));
  }
  return summary;
}

}  // namespace clew::analysis
