#pragma once

#include <utility>
#include <variant>
#include <vector>

#include "query/query_service.h"

namespace clew::query {

/// All rows of one type, in a list.
template <typename T>
class ListSink final : public Sink {
 public:
  Status Take(Row row) override {
    T* const item = std::get_if<T>(&row);
    if (item == nullptr) return base::Internal("a plan gives rows of another type");
    items.push_back(std::move(*item));
    return {};
  }

  std::vector<T> items;
};

/// The whole answer of a plan that gives rows of this type only.
template <typename T>
Result<std::vector<T>> Collect(QueryService& service, const Plan& plan,
                               const QueryContext& context) {
  ListSink<T> sink;
  TRY(service.Run(plan, context, sink));
  return std::move(sink.items);
}

/// What is there of traces that are asked for by their ids.
struct TraceList {
  /// In the order asked for.
  std::vector<model::SpanColumnsPtr> traces;
  std::vector<TraceId> absent;
};

/// The whole answer of TracesPlan or TracePlan.
Result<TraceList> CollectTraces(QueryService& service, const Plan& plan,
                                const QueryContext& context);

}  // namespace clew::query
