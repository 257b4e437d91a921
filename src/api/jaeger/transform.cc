#include "api/jaeger/transform.h"

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "model/memory.h"
#include "model/span_mover.h"
#include "wire/otlp/decode.h"
#include "wire/otlp/decoded_size.h"
#include "wire/otlp/inspect.h"
#include "wire/otlp/json.h"
#include "wire/otlp/materialize.h"

namespace clew::api::jaeger {
namespace {

using model::TraceData;

/// What reading takes besides the result is given back with the call.
Result<std::string> ReadJson(const query::QueryContext& context, std::string_view body) {
  query::PassingMemory memory(context);
  TRY(memory.Take(wire::otlp::TracesFromJsonBytesMax(body.size())));
  return wire::otlp::TracesFromJson(body);
}

/// Likewise.
Result<model::SpanColumnsPtr> Decode(const query::QueryContext& context,
                                     const wire::otlp::RequestFacts& facts, Bytes protobuf) {
  query::PassingMemory memory(context);
  TRY(memory.Take(protobuf.size() +
                  wire::otlp::DecodedBytesMax(facts, wire::otlp::kNothingCut, protobuf.size())));
  wire::otlp::DecodeCounts counts;
  return wire::otlp::DecodeRequest({std::move(protobuf)}, wire::otlp::kNothingCut, counts,
                                   facts.rows());
}

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
  ASSIGN_OR_RETURN(std::string protobuf, ReadJson(context, body.view()));
  ASSIGN_OR_RETURN(const wire::otlp::RequestFacts facts, wire::otlp::InspectRequest(protobuf));
  ASSIGN_OR_RETURN(model::SpanColumnsPtr columns,
                   Decode(context, facts, Bytes(std::move(protobuf))));
  query::PassingMemory memory(context);
  TRY(memory.Take(model::MemoryOf(*columns)));
  TRY(context.TakeMemory(wire::otlp::MaterializedBytes(*columns)));
  ASSIGN_OR_RETURN(TraceData whole,
                   wire::otlp::MaterializeSpans(*columns, [&context] { return context.Check(); }));
  columns.reset();
  memory.GiveBack();
  TransformedTraces result;
  result.rejected_span_count = facts.rejected_count();
  ASSIGN_OR_RETURN(result.traces, SplitByTrace(context, std::move(whole)));
  return result;
}

}  // namespace clew::api::jaeger
