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

/// The JSON as columns, which `memory` counts in the end; and before, what each step takes, with
/// what the one before has left.
Result<model::SpanColumnsPtr> ReadColumns(const Bytes& body, query::PassingMemory* memory,
                                          wire::otlp::RequestFacts* facts) {
  TRY(memory->Take(wire::otlp::RequestFromJsonBytesMax(model::Signal::kTraces, body.size())));
  ASSIGN_OR_RETURN(std::string protobuf, wire::otlp::TracesFromJson(body.view()));
  memory->ShrinkTo(protobuf.capacity());
  ASSIGN_OR_RETURN(*facts, wire::otlp::InspectRequest(protobuf));
  TRY(memory->Take(wire::otlp::DecodedBytesMax(*facts, wire::otlp::kNothingCut, protobuf.size())));
  // What the columns keep alive of it is all of it.
  const std::size_t slack = protobuf.capacity() - protobuf.size();
  wire::otlp::DecodeCounts counts;
  ASSIGN_OR_RETURN(model::SpanColumnsPtr columns,
                   wire::otlp::DecodeRequest({Bytes(std::move(protobuf))}, wire::otlp::kNothingCut,
                                             counts, facts->rows()));
  memory->ShrinkTo(model::MemoryOf(*columns) + slack);
  return columns;
}

/// The rows of its tables are copied to each trace that uses them: they may be large, and the
/// traces many.
Result<std::vector<TraceData>> SplitByTrace(const query::QueryContext& context, TraceData whole) {
  struct Part {
    explicit Part(const TraceData& from) : mover(from, trace) {}
    TraceData trace;
    model::SpanMover mover;
  };
  // With the nodes of the tables that find it, and what it is in the end.
  constexpr std::uint64_t kPartBytes = sizeof(Part) + 256 + sizeof(TraceData);
  std::unordered_map<TraceId, std::size_t> span_counts;
  query::PassingMemory memory(context);
  for (const model::Span& span : whole.spans) {
    if (++span_counts[span.trace_id] == 1) TRY(memory.Take(kPartBytes));
  }
  // The table that the spans leave is freed as a whole.
  TRY(memory.Take(whole.spans.size() * sizeof(model::Span)));
  std::deque<Part> parts;
  std::unordered_map<TraceId, Part*> part_by_id;
  for (model::Span& span : whole.spans) {
    Part*& part = part_by_id[span.trace_id];
    if (part == nullptr) {
      part = &parts.emplace_back(whole);
      part->trace.spans.reserve(span_counts.at(span.trace_id));
    }
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
  wire::otlp::RequestFacts facts;
  ASSIGN_OR_RETURN(model::SpanColumnsPtr columns, ReadColumns(body, &memory, &facts));
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
