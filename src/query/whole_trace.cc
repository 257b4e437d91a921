#include "query/whole_trace.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "model/concatenate.h"
#include "query/source_errors.h"
#include "wire/otlp/materialize.h"

namespace clew::query {

Result<model::TraceData> ReadWholeTrace(storage::Storage& storage,
                                        const std::vector<storage::SpanSourcePtr>& sources,
                                        const TraceId& id, Deadline deadline) {
  std::vector<model::SpanColumnsPtr> fragments;
  for (const storage::SpanSourcePtr& source : sources) {
    TRY(CheckDeadline(deadline));
    Result<model::SpanColumnsPtr> fragment = source->ReadTrace(id);
    if (!fragment.has_value()) {
      TRY(Tolerate(storage, fragment.error()));
    } else if (*fragment != nullptr) {
      fragments.push_back(std::move(*fragment));
    }
  }
  if (fragments.empty()) return NotFound("trace {} not found", id.ToHex());
  model::TraceData trace = wire::otlp::MaterializeSpans(model::ConcatenateSpans(fragments));
  // At-least-once: the same span may have come twice. A client and a server span may share an id
  // (Zipkin), so the kind counts too.
  std::set<std::pair<SpanId, model::SpanKind>> seen;
  std::erase_if(trace.spans, [&](const model::Span& span) {
    return !seen.emplace(span.span_id, span.kind).second;
  });
  std::ranges::stable_sort(trace.spans, {}, [](const model::Span& span) {
    return std::tuple(span.start, span.span_id, span.kind);
  });
  return trace;
}

Result<std::optional<UnixNanos>> WholeTraceStart(storage::Storage& storage,
                                                 const std::vector<storage::SpanSourcePtr>& sources,
                                                 const TraceId& id) {
  std::optional<UnixNanos> first;
  for (const storage::SpanSourcePtr& source : sources) {
    const Result<std::optional<UnixNanos>> start = source->TraceStart(id);
    if (!start.has_value()) {
      TRY(Tolerate(storage, start.error()));
    } else if (start->has_value()) {
      first = std::min(first.value_or(**start), **start);
    }
  }
  return first;
}

}  // namespace clew::query
