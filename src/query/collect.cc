#include "query/collect.h"

namespace clew::query {
namespace {

class TraceListSink final : public Sink {
 public:
  Status Take(Row row) override {
    if (auto* const trace = std::get_if<model::SpanColumnsPtr>(&row)) {
      list.traces.push_back(std::move(*trace));
    } else if (const auto* const absent = std::get_if<AbsentTrace>(&row)) {
      list.absent.push_back(absent->id);
    } else {
      return base::Internal("a plan of traces gives rows of another type");
    }
    return {};
  }

  TraceList list;
};

}  // namespace

Result<TraceList> CollectTraces(QueryService& service, const Plan& plan,
                                const QueryContext& context) {
  TraceListSink sink;
  TRY(service.Run(plan, context, sink));
  return std::move(sink.list);
}

}  // namespace clew::query
