#include "api/jaeger/transform.h"

#include <unordered_map>
#include <utility>

#include "wire/otlp/decode.h"
#include "wire/otlp/inspect.h"
#include "wire/otlp/json.h"
#include "wire/otlp/materialize.h"

namespace clew::api::jaeger {
namespace {

using model::TraceData;

/// A trace under construction, with the places of what it took over from the whole.
struct Part {
  TraceData trace;
  std::unordered_map<std::uint32_t, std::uint32_t> resources;
  std::unordered_map<std::uint32_t, std::uint32_t> scopes;
};

template <typename Item>
std::uint32_t TakeOver(const std::vector<Item>& from, std::uint32_t index, std::vector<Item>* to,
                       std::unordered_map<std::uint32_t, std::uint32_t>* places) {
  const auto [place, is_new] = places->emplace(index, static_cast<std::uint32_t>(to->size()));
  if (is_new) {
    to->push_back(from[index]);
  }
  return place->second;
}

std::vector<TraceData> SplitByTrace(TraceData whole) {
  std::vector<Part> parts;
  std::unordered_map<TraceId, std::size_t> index_by_id;
  for (model::Span& span : whole.spans) {
    const auto [place, is_new] = index_by_id.emplace(span.trace_id, parts.size());
    if (is_new) {
      parts.emplace_back();
    }
    Part& part = parts[place->second];
    span.resource =
        TakeOver(whole.resources, span.resource, &part.trace.resources, &part.resources);
    span.scope = TakeOver(whole.scopes, span.scope, &part.trace.scopes, &part.scopes);
    part.trace.spans.push_back(std::move(span));
  }
  std::vector<TraceData> traces;
  traces.reserve(parts.size());
  for (Part& part : parts) {
    traces.push_back(std::move(part.trace));
  }
  return traces;
}

}  // namespace

Result<TransformedTraces> TransformOtlpJson(const Bytes& body) {
  ASSIGN_OR_RETURN(std::string protobuf, wire::otlp::TracesFromJson(body.view()));
  ASSIGN_OR_RETURN(const wire::otlp::RequestFacts facts, wire::otlp::InspectRequest(protobuf));
  wire::otlp::DecodeCounts counts;
  ASSIGN_OR_RETURN(
      const model::SpanColumnsPtr columns,
      wire::otlp::DecodeRequest({Bytes(std::move(protobuf))}, wire::otlp::kNothingCut, counts));
  TransformedTraces result;
  result.rejected_span_count = facts.rejected_count();
  result.traces = SplitByTrace(wire::otlp::MaterializeSpans(*columns));
  return result;
}

}  // namespace clew::api::jaeger
