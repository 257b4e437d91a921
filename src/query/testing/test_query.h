#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "query/collect.h"
#include "query/store_query.h"
#include "wire/otlp/materialize.h"

namespace clew::query {

/// What tests ask of a store, each as the plan of the API that asks it. Traces come as objects.
class TestQuery final : public StoreQuery {
 public:
  using StoreQuery::StoreQuery;

  /// NOT_FOUND when it is absent.
  Result<model::TraceData> FindTrace(const QueryContext& context, const TraceId& id) {
    ASSIGN_OR_RETURN(TraceList list, CollectTraces(*this, TracePlan(id), context));
    if (list.traces.empty()) return base::NotFound("trace {} not found", id.ToHex());
    return wire::otlp::MaterializeSpans(*list.traces.front());
  }
  Result<TraceList> FindTraces(const QueryContext& context, std::span<const TraceId> ids) {
    return CollectTraces(*this, TracesPlan({ids.begin(), ids.end()}), context);
  }
  Result<std::vector<model::TraceData>> Search(const QueryContext& context,
                                               const SearchRequest& request) {
    ASSIGN_OR_RETURN(const auto found,
                     Collect<model::SpanColumnsPtr>(*this, SearchPlan(request), context));
    std::vector<model::TraceData> traces;
    for (const model::SpanColumnsPtr& trace : found) {
      traces.push_back(wire::otlp::MaterializeSpans(*trace));
    }
    return traces;
  }
  Result<std::vector<std::string>> Services(const QueryContext& context) {
    return Collect<std::string>(*this, ServicesPlan(), context);
  }
  Result<std::vector<Operation>> Operations(const QueryContext& context,
                                            const std::string& service) {
    return Collect<Operation>(*this, OperationsPlan(service), context);
  }
  Result<std::vector<TagName>> Tags(const QueryContext& context, const ReadTags& tags,
                                    std::vector<model::Owner> owners, std::size_t limit = 0) {
    return Collect<TagName>(*this, TagsPlan(tags, std::move(owners), limit), context);
  }
  Result<std::vector<TagValue>> TagValues(const QueryContext& context, const ReadTagValues& values,
                                          std::size_t limit = 0) {
    return Collect<TagValue>(*this, TagValuesPlan(values, limit), context);
  }
  Result<std::vector<DependencyLink>> Dependencies(const QueryContext& context, UnixNanos start_min,
                                                   UnixNanos start_max) {
    return Collect<DependencyLink>(*this, DependenciesPlan(start_min, start_max), context);
  }
};

}  // namespace clew::query
