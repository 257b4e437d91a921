#include "query/store_query.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "model/service_name.h"
#include "query/dependencies.h"
#include "query/scan.h"
#include "query/search.h"
#include "query/whole_trace.h"
#include "wire/otlp/json_text.h"

namespace clew::query {

using storage::SpanSourcePtr;

namespace {

// An entry of a list of names, in the sets, lists and text that it goes through on its way out.
Status TakeForName(const QueryContext& context, std::string_view name) {
  return context.TakeMemory(400 + 8 * name.size());
}

}  // namespace

Result<std::vector<SpanSourcePtr>> StoreQuery::Sources(const QueryContext& context) const {
  if (!storage_.is_ready()) {
    Error error{Code::kUnavailable, "the log is still being replayed: ask again in a moment"};
    error.retry_after = std::chrono::seconds(1);
    return std::unexpected(std::move(error));
  }
  if (context.left_out != nullptr) {
    std::uint64_t unnamed_count = 0;
    for (std::string& text : storage_.LeftOut(context.tenant, &unnamed_count)) {
      context.left_out->Add(std::move(text));
    }
    context.left_out->AddUnnamed(unnamed_count);
  }
  const auto report = [this, &context](const Error& error) {
    NoteLeftOut(storage_, context, error);
  };
  const auto check = [&context] { return context.Check(); };
  // The sources of a store keep their blocks.
  using Kept = std::pair<SpanSourcePtr, SpanSourcePtr>;
  std::vector<SpanSourcePtr> sources = storage_.Sources(context.tenant);
  for (SpanSourcePtr& source : sources) {
    const auto kept = std::make_shared<Kept>(source, source->PastDamage(report, check));
    source = SpanSourcePtr(kept, kept->second.get());
  }
  return sources;
}

Result<model::TraceData> StoreQuery::FindTrace(const QueryContext& context, const TraceId& id) {
  ASSIGN_OR_RETURN(const std::vector<SpanSourcePtr> sources, Sources(context));
  AnswerBudget budget{.bytes_max = answer_bytes_max_};
  ASSIGN_OR_RETURN(std::vector<model::TraceData> traces,
                   ReadWholeTraces({storage_, context, sources}, {&id, 1}, &budget));
  if (traces.empty()) return NotFound("trace {} not found", id.ToHex());
  return std::move(traces.front());
}

Result<SearchResult> StoreQuery::Search(const QueryContext& context, const SearchRequest& request) {
  ASSIGN_OR_RETURN(const std::vector<SpanSourcePtr> sources, Sources(context));
  const Scan scan{storage_, context, sources};
  SearchResult result;
  ASSIGN_OR_RETURN(const std::vector<TraceId> ids, FindTraceIds(scan, request, &result.stats));
  // Many at once, since they share what is read; not all, for the memory that reading takes. Those
  // that retention took meanwhile are left out.
  constexpr std::size_t kTracesAtOnce = 2500;
  AnswerBudget budget{.bytes_max = answer_bytes_max_};
  for (std::size_t first = 0; first < ids.size(); first += kTracesAtOnce) {
    const std::size_t count = std::min(kTracesAtOnce, ids.size() - first);
    ASSIGN_OR_RETURN(std::vector<model::TraceData> traces,
                     ReadWholeTraces(scan, std::span(ids).subspan(first, count), &budget));
    std::ranges::move(traces, std::back_inserter(result.traces));
  }
  return result;
}

Status StoreQuery::ForEachOperation(
    const QueryContext& context,
    const std::function<Status(const storage::OperationCount&)>& visit) {
  ASSIGN_OR_RETURN(const std::vector<SpanSourcePtr> sources, Sources(context));
  const Scan scan{storage_, context, sources};
  for (const SpanSourcePtr& source : sources) {
    TRY(scan.Check());
    Result<std::vector<storage::OperationCount>> operations = source->Operations();
    if (!operations.has_value()) {
      TRY(scan.Tolerate(operations.error()));
      continue;
    }
    for (storage::OperationCount& operation : *operations) {
      // So older blocks name the service of resources without one.
      if (operation.service.empty()) operation.service = model::kNoServiceName;
      operation.service = wire::otlp::RepairUtf8(operation.service);
      TRY(visit(operation));
    }
  }
  return {};
}

Result<std::vector<std::string>> StoreQuery::Services(const QueryContext& context) {
  std::set<std::string> services;
  TRY(ForEachOperation(context, [&](const storage::OperationCount& operation) {
    const bool is_new = services.insert(operation.service).second;
    return is_new ? TakeForName(context, operation.service) : Status();
  }));
  return std::vector<std::string>(services.begin(), services.end());
}

Result<std::vector<Operation>> StoreQuery::Operations(const QueryContext& context,
                                                      const std::string& service) {
  std::set<Operation> found;
  TRY(ForEachOperation(context, [&](const storage::OperationCount& operation) {
    if (operation.service != service) return Status();
    const auto [entry, is_new] =
        found.insert({wire::otlp::RepairUtf8(model::OperationName(operation.name)),
                      static_cast<model::SpanKind>(operation.kind)});
    return is_new ? TakeForName(context, entry->name) : Status();
  }));
  return std::vector<Operation>(found.begin(), found.end());
}

Result<std::vector<DependencyLink>> StoreQuery::Dependencies(const QueryContext& context,
                                                             UnixNanos start_min,
                                                             UnixNanos start_max) {
  ASSIGN_OR_RETURN(const std::vector<SpanSourcePtr> sources, Sources(context));
  return FindDependencies({storage_, context, sources}, start_min, start_max, answer_bytes_max_);
}

}  // namespace clew::query
