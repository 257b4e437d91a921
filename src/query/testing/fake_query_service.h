#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "model/service_name.h"
#include "query/query_service.h"
#include "scan/testing/plain_evaluate.h"

namespace clew::query {

/// Answers from a list of traces, and remembers what it was asked. One thread.
/// Search knows the condition and the limit; tests look at `last_search` for the rest.
class FakeQueryService final : public QueryService {
 public:
  /// Newest first.
  std::vector<model::TraceData> traces;
  std::vector<DependencyLink> links;
  /// When set, every call fails with it.
  std::optional<Error> error;
  /// Called by every call; may block.
  std::function<void()> on_call;
  /// What every answer notes as left out.
  std::vector<std::string> left_out;

  SearchRequest last_search;
  TenantId last_tenant;
  std::size_t call_count = 0;
  std::pair<UnixNanos, UnixNanos> last_range{0, 0};

  Result<model::TraceData> FindTrace(const QueryContext& context, const TraceId& id) override {
    Remember(context);
    if (error) {
      return std::unexpected(*error);
    }
    for (const model::TraceData& trace : traces) {
      if (!trace.spans.empty() && trace.spans[0].trace_id == id) {
        return trace;
      }
    }
    return base::NotFound("trace {} not found", id.ToHex());
  }

  Result<TraceList> FindTraces(const QueryContext& context, std::span<const TraceId> ids) override {
    Remember(context);
    if (error) {
      return std::unexpected(*error);
    }
    TraceList list;
    std::set<TraceId> known;
    for (const TraceId& id : ids) {
      if (!known.insert(id).second) continue;
      const auto found = std::ranges::find_if(traces, [&id](const model::TraceData& trace) {
        return !trace.spans.empty() && trace.spans[0].trace_id == id;
      });
      if (found != traces.end()) {
        list.traces.push_back(*found);
      } else {
        list.not_found.push_back(id);
      }
    }
    return list;
  }

  Result<SearchResult> Search(const QueryContext& context, const SearchRequest& request) override {
    Remember(context);
    last_search = request;
    if (error) {
      return std::unexpected(*error);
    }
    SearchResult result;
    for (const model::TraceData& trace : traces) {
      const bool is_match = std::ranges::any_of(trace.spans, [&](const model::Span& span) {
        return scan::testing::Holds(request.condition, trace, span);
      });
      if (is_match && result.traces.size() < request.limit) {
        result.traces.push_back(trace);
      }
    }
    return result;
  }

  Result<std::vector<std::string>> Services(const QueryContext& context) override {
    Remember(context);
    if (error) {
      return std::unexpected(*error);
    }
    std::set<std::string> names;
    for (const model::TraceData& trace : traces) {
      for (const model::Span& span : trace.spans) {
        names.emplace(trace.ServiceName(span));
      }
    }
    return std::vector<std::string>(names.begin(), names.end());
  }

  Result<std::vector<Operation>> Operations(const QueryContext& context,
                                            const std::string& service) override {
    Remember(context);
    if (error) {
      return std::unexpected(*error);
    }
    std::set<Operation> operations;
    for (const model::TraceData& trace : traces) {
      for (const model::Span& span : trace.spans) {
        if (trace.ServiceName(span) == service) {
          operations.insert({std::string(model::OperationName(span.name)), span.kind});
        }
      }
    }
    return std::vector<Operation>(operations.begin(), operations.end());
  }

  Result<std::vector<DependencyLink>> Dependencies(const QueryContext& context, UnixNanos start_min,
                                                   UnixNanos start_max) override {
    Remember(context);
    last_range = {start_min, start_max};
    if (error) {
      return std::unexpected(*error);
    }
    return links;
  }

 private:
  void Remember(const QueryContext& context) {
    if (on_call) on_call();
    last_tenant = context.tenant;
    ++call_count;
    for (const std::string& text : left_out) {
      if (context.left_out != nullptr) context.left_out->Add(text);
    }
  }
};

}  // namespace clew::query
