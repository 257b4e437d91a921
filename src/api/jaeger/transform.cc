#include "api/jaeger/transform.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "model/memory.h"
#include "model/split_traces.h"
#include "wire/otlp/decode.h"
#include "wire/otlp/decoded_size.h"
#include "wire/otlp/inspect.h"
#include "wire/otlp/json.h"

namespace clew::api::jaeger {
namespace {

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

/// Each takes memory of the context: a row of a table may be large, and many traces use it.
Result<std::vector<model::SpanColumnsPtr>> SplitByTrace(const query::QueryContext& context,
                                                        model::SpanColumnsPtr whole) {
  const model::StopCheck check = [&context] { return context.Check(); };
  // Lists of which rows go where: less than the tables themselves.
  query::PassingMemory memory(context);
  TRY(memory.Take(model::TableBytes(*whole)));
  ASSIGN_OR_RETURN(const auto made, model::TraceSplitter::Make(std::move(whole), check));
  const model::TraceSplitter& splitter = *made;
  std::uint64_t bytes =
      std::accumulate(splitter.bytes_max().begin(), splitter.bytes_max().end(), std::uint64_t{0});
  TRY(context.TakeMemory(bytes));
  ASSIGN_OR_RETURN(auto traces,
                   splitter.Split(std::vector<bool>(splitter.ids().size(), true), check));
  for (const model::SpanColumnsPtr& trace : traces) {
    bytes -= std::min(bytes, model::MemoryOf(*trace));
  }
  if (context.memory != nullptr) context.memory->GiveBack(bytes);
  return traces;
}

}  // namespace

Result<TransformedTraces> TransformOtlpJson(const query::QueryContext& context, const Bytes& body) {
  query::PassingMemory memory(context);
  wire::otlp::RequestFacts facts;
  ASSIGN_OR_RETURN(model::SpanColumnsPtr columns, ReadColumns(body, &memory, &facts));
  TransformedTraces result;
  result.rejected_span_count = facts.rejected_count();
  ASSIGN_OR_RETURN(result.traces, SplitByTrace(context, std::move(columns)));
  return result;
}

}  // namespace clew::api::jaeger
