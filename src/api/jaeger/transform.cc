#include "api/jaeger/transform.h"

#include <cstdint>
#include <deque>
#include <unordered_map>
#include <utility>

#include "model/span_mover.h"
#include "wire/otlp/decode.h"
#include "wire/otlp/decoded_size.h"
#include "wire/otlp/inspect.h"
#include "wire/otlp/json.h"
#include "wire/otlp/materialize.h"

namespace clew::api::jaeger {
namespace {

using model::TraceData;

/// The rows of its tables are copied to each trace that uses them: they may be large, and the
/// traces many.
Result<std::vector<TraceData>> SplitByTrace(const query::QueryContext& context, TraceData whole) {
  struct Part {
    explicit Part(const TraceData& from) : mover(from, trace) {}
    TraceData trace;
    model::SpanMover mover;
  };
  std::deque<Part> parts;
  std::unordered_map<TraceId, Part*> part_by_id;
  for (model::Span& span : whole.spans) {
    Part*& part = part_by_id[span.trace_id];
    if (part == nullptr) part = &parts.emplace_back(whole);
    const std::uint64_t copied_bytes = part->mover.CopiedBytes(span);
    if (copied_bytes > 0) {
      TRY(context.Check());
      TRY(context.TakeMemory(copied_bytes));
    }
    part->mover.Move(std::move(span));
  }
  std::vector<TraceData> traces;
  traces.reserve(parts.size());
  for (Part& part : parts) traces.push_back(std::move(part.trace));
  return traces;
}

}  // namespace

Result<TransformedTraces> TransformOtlpJson(const query::QueryContext& context, const Bytes& body) {
  query::PassingMemory memory(context);
  TRY(memory.Take(wire::otlp::TracesFromJsonBytesMax(body.size())));
  ASSIGN_OR_RETURN(std::string protobuf, wire::otlp::TracesFromJson(body.view()));
  ASSIGN_OR_RETURN(const wire::otlp::RequestFacts facts, wire::otlp::InspectRequest(protobuf));
  TRY(memory.Take(wire::otlp::DecodedBytesMax(facts, wire::otlp::kNothingCut, protobuf.size())));
  wire::otlp::DecodeCounts counts;
  ASSIGN_OR_RETURN(const model::SpanColumnsPtr columns,
                   wire::otlp::DecodeRequest({Bytes(std::move(protobuf))}, wire::otlp::kNothingCut,
                                             counts, facts.rows()));
  TRY(context.TakeMemory(wire::otlp::MaterializedBytes(*columns)));
  ASSIGN_OR_RETURN(TraceData whole,
                   wire::otlp::MaterializeSpans(*columns, [&context] { return context.Check(); }));
  TransformedTraces result;
  result.rejected_span_count = facts.rejected_count();
  ASSIGN_OR_RETURN(result.traces, SplitByTrace(context, std::move(whole)));
  return result;
}

}  // namespace clew::api::jaeger
