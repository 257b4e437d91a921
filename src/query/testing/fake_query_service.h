#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "model/service_name.h"
#include "query/query_service.h"
#include "scan/testing/plain_evaluate.h"
#include "wire/otlp/testing/own_columns.h"

namespace clew::query {

/// Answers from a list of traces, and remembers what it was asked. One thread.
/// A search knows the condition and the limit; tests look at `last_search` for the rest.
class FakeQueryService final : public QueryService {
 public:
  /// Newest first.
  std::vector<model::TraceData> traces;
  std::vector<DependencyLink> links;
  /// Of all owners, which are those that the plan names; of whatever tag.
  std::vector<TagName> tags;
  std::vector<TagValue> tag_values;
  /// Of whatever TraceQL.
  std::vector<MatchedTrace> matched;
  /// Of whatever query of metrics.
  MetricsAnswerPtr measured;
  /// When set, every run fails with it.
  std::optional<Error> error;
  /// Called by every run; may block.
  std::function<void()> on_call;
  /// What every answer notes as left out.
  std::vector<std::string> left_out;

  SearchRequest last_search;
  std::vector<TenantId> last_tenants;
  std::size_t call_count = 0;
  std::pair<UnixNanos, UnixNanos> last_range{0, 0};
  ReadTags last_tags;
  MatchTraces last_match;
  ScanSpans last_match_spans;
  MeasureSpans last_measure;
  ReadTagValues last_tag_values;

  Status Run(const Plan& plan, const QueryContext& context, Sink& sink) override {
    TRY(Check(plan));
    Remember(plan, context);
    TRY(context.Check());
    if (error) return std::unexpected(*error);
    if (const auto* const named = plan.Input<NamedTraces>()) return FindTraces(*named, sink);
    if (plan.Input<NewestTraces>() != nullptr) return Search(sink);
    if (std::holds_alternative<ListServices>(plan.op)) return Services(sink);
    if (const auto* const list = std::get_if<ListOperations>(&plan.op)) {
      return Operations(list->service, sink);
    }
    if (const auto* const match = std::get_if<MatchTraces>(&plan.op)) {
      last_match = *match;
      last_match_spans = *plan.Input<ScanSpans>();
      return GiveAll(matched, sink);
    }
    if (const auto* const measure = std::get_if<MeasureSpans>(&plan.op)) {
      last_measure = *measure;
      return sink.Take(measured);
    }
    if (const auto* const list = std::get_if<ListTags>(&plan.op)) {
      last_tags = *plan.Input<ReadTags>();
      return Tags(*list, sink);
    }
    if (const auto* const list = std::get_if<ListTagValues>(&plan.op)) {
      last_tag_values = *plan.Input<ReadTagValues>();
      const std::size_t count = list->limit == 0 ? tag_values.size() : list->limit;
      for (std::size_t i = 0; i < std::min(count, tag_values.size()); ++i) {
        TRY(sink.Take(tag_values[i]));
      }
      return {};
    }
    if (std::holds_alternative<CountCalls>(plan.op)) return GiveAll(links, sink);
    return base::InvalidArgument("there is no way to run this plan");
  }

 private:
  template <typename Rows>
  static Status GiveAll(const Rows& rows, Sink& sink) {
    for (const auto& row : rows) TRY(sink.Take(row));
    return {};
  }

  Status Tags(const ListTags& list, Sink& sink) const {
    for (const model::Owner owner : list.owners) {
      std::size_t count = 0;
      for (const TagName& tag : tags) {
        if (tag.owner != owner || (list.limit > 0 && count == list.limit)) continue;
        TRY(sink.Take(tag));
        ++count;
      }
    }
    return {};
  }

  Status FindTraces(const NamedTraces& named, Sink& sink) {
    std::set<TraceId> known;
    std::vector<TraceId> absent;
    for (const TraceId& id : named.ids) {
      if (!known.insert(id).second) continue;
      const auto found = std::ranges::find_if(traces, [&id](const model::TraceData& trace) {
        return !trace.spans.empty() && trace.spans[0].trace_id == id;
      });
      if (found == traces.end()) {
        absent.push_back(id);
      } else {
        TRY(sink.Take(wire::otlp::testing::OwnColumns(*found)));
      }
    }
    for (const TraceId& id : absent) TRY(sink.Take(AbsentTrace{id}));
    return {};
  }

  Status Search(Sink& sink) const {
    std::size_t count = 0;
    for (const model::TraceData& trace : traces) {
      const bool is_match = std::ranges::any_of(trace.spans, [&](const model::Span& span) {
        return scan::testing::Holds(last_search.condition, trace, span);
      });
      if (is_match && count++ < last_search.limit)
        TRY(sink.Take(wire::otlp::testing::OwnColumns(trace)));
    }
    return {};
  }

  Status Services(Sink& sink) const {
    std::set<std::string> names;
    for (const model::TraceData& trace : traces) {
      for (const model::Span& span : trace.spans) names.emplace(trace.ServiceName(span));
    }
    return GiveAll(names, sink);
  }

  Status Operations(const std::string& service, Sink& sink) const {
    std::set<Operation> operations;
    for (const model::TraceData& trace : traces) {
      for (const model::Span& span : trace.spans) {
        if (trace.ServiceName(span) == service) {
          operations.insert({std::string(model::OperationName(span.name)), span.kind});
        }
      }
    }
    return GiveAll(operations, sink);
  }

  void Remember(const Plan& plan, const QueryContext& context) {
    if (on_call) on_call();
    last_tenants = context.tenants;
    ++call_count;
    if (const auto* const newest = plan.Input<NewestTraces>()) {
      const ScanSpans& spans = *plan.inputs[0].Input<ScanSpans>();
      last_search = {spans.condition, spans.start_min, spans.start_max, newest->limit};
    }
    if (const auto* const trees = plan.Input<ReadTrees>()) {
      last_range = {trees->start_min, trees->start_max};
    }
    for (const std::string& text : left_out) {
      if (context.left_out != nullptr) context.left_out->Add(text);
    }
  }
};

}  // namespace clew::query
