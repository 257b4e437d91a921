#include "query/whole_trace.h"

#include <algorithm>
#include <memory>
#include <unordered_map>
#include <utility>

#include "model/same_spans.h"
#include "model/span_mover.h"
#include "query/match.h"
#include "storage/batch_source.h"
#include "wire/otlp/materialize.h"
#include "wire/otlp/scatter_objects.h"

namespace clew::query {

namespace {

// Traces that come in fragments.
class TraceJoiner {
 public:
  TraceJoiner(const QueryContext& context, std::span<const TraceId> ids, AnswerBudget& budget)
      : context_(context), traces_(ids.size()), budget_(budget) {
    for (std::size_t i = 0; i < ids.size(); ++i) places_[ids[i]] = i;
  }

  Status Add(model::TraceData fragment) {
    // A row of the fragment's tables becomes a row of each trace that uses it.
    std::unordered_map<std::size_t, model::SpanMover> movers;
    for (model::Span& span : fragment.spans) {
      const std::size_t place = places_.at(span.trace_id);
      model::SpanMover& mover = movers.try_emplace(place, fragment, traces_[place]).first->second;
      const std::uint64_t copied_bytes = mover.CopiedBytes(span);
      TRY(Count(model::MemoryOf(span) + copied_bytes));
      if (copied_bytes > 0) {
        TRY(context_.TakeMemory(copied_bytes));
        budget_.memory_bytes += copied_bytes;
      }
      mover.Move(std::move(span));
    }
    return {};
  }

  std::vector<model::TraceData> Finish() {
    std::erase_if(traces_, [](const model::TraceData& trace) { return trace.spans.empty(); });
    return std::move(traces_);
  }

 private:
  Status Count(std::uint64_t bytes) {
    budget_.bytes += bytes;
    if (budget_.bytes <= budget_.bytes_max) return {};
    return base::MakeError(
        Code::kResourceExhausted,
        "the spans of the answer take more than {} MiB of memory: ask for fewer traces or a "
        "shorter time, or raise answer_limit_mib of clew_storage",
        budget_.bytes_max >> 20);
  }

  const QueryContext& context_;
  std::vector<model::TraceData> traces_;
  std::unordered_map<TraceId, std::size_t> places_;
  AnswerBudget& budget_;
};

// The fragments of each trace in one, every span as often as it came.
Result<std::vector<model::TraceData>> JoinTraces(const Scan& scan, std::span<const TraceId> ids,
                                                 storage::ReadExtent extent, AnswerBudget* budget) {
  std::vector<TraceId> ascending(ids.begin(), ids.end());
  std::ranges::sort(ascending);
  TraceJoiner joiner(scan.context, ids, *budget);
  for (const storage::SpanSourcePtr& source : scan.sources) {
    TRY(scan.Check());
    const auto fragment = source->ReadTraces(ascending, extent);
    if (!fragment.has_value()) {
      TRY(scan.Tolerate(*source, fragment.error()));
    } else if (*fragment != nullptr) {
      const std::uint64_t bytes = wire::otlp::MaterializedBytes(**fragment);
      TRY(scan.context.TakeMemory(bytes));
      budget->memory_bytes += bytes;
      ASSIGN_OR_RETURN(model::TraceData spans,
                       wire::otlp::MaterializeSpans(**fragment, [&scan] { return scan.Check(); }));
      TRY(joiner.Add(std::move(spans)));
    }
  }
  return joiner.Finish();
}

/// What is shown of a trace. True when an unfinished form of a span gave way to its finished one.
bool Settle(model::TraceData* trace) {
  const bool is_any_replaced = model::DropDuplicateSpans(trace);
  model::SortSpans(trace);
  return is_any_replaced;
}

Result<bool> IsFound(const model::TraceData& trace, const SearchRequest& request) {
  const storage::BatchSource source(
      std::make_shared<const model::SpanColumns>(wire::otlp::ScatterSpans(trace)));
  ASSIGN_OR_RETURN(const scan::RowSet spans, MatchSpans(source, request));
  return !spans.empty();
}

}  // namespace

Result<std::vector<model::TraceData>> ReadWholeTraces(const Scan& scan,
                                                      std::span<const TraceId> ids,
                                                      AnswerBudget* budget) {
  ASSIGN_OR_RETURN(std::vector<model::TraceData> traces,
                   JoinTraces(scan, ids, storage::ReadExtent::kAll, budget));
  for (model::TraceData& trace : traces) Settle(&trace);
  return traces;
}

Result<std::vector<model::TraceData>> ReadFoundTraces(const Scan& scan,
                                                      std::span<const TraceId> ids,
                                                      const SearchRequest& request,
                                                      AnswerBudget* budget) {
  ASSIGN_OR_RETURN(std::vector<model::TraceData> traces,
                   JoinTraces(scan, ids, storage::ReadExtent::kAll, budget));
  std::vector<model::TraceData> found;
  found.reserve(traces.size());
  for (model::TraceData& trace : traces) {
    bool is_found = true;
    if (Settle(&trace)) {
      ASSIGN_OR_RETURN(is_found, IsFound(trace, request));
    }
    if (is_found) found.push_back(std::move(trace));
  }
  return found;
}

Result<std::vector<model::TraceData>> ReadWholeTrees(const Scan& scan, std::span<const TraceId> ids,
                                                     AnswerBudget* budget) {
  return JoinTraces(scan, ids, storage::ReadExtent::kTree, budget);
}

Result<std::vector<std::optional<UnixNanos>>> WholeTraceStarts(const Scan& scan,
                                                               std::span<const TraceId> ids) {
  std::vector<std::optional<UnixNanos>> first(ids.size());
  for (const storage::SpanSourcePtr& source : scan.sources) {
    TRY(scan.Check());
    const auto starts = source->TraceStarts(ids);
    if (!starts.has_value()) {
      TRY(scan.Tolerate(*source, starts.error()));
      continue;
    }
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const std::optional<UnixNanos>& start = (*starts)[i];
      if (start) first[i] = std::min(first[i].value_or(*start), *start);
    }
  }
  return first;
}

}  // namespace clew::query
