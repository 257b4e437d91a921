#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/vocabulary.h"
#include "expr/expression.h"
#include "model/trace_data.h"
#include "query/query_context.h"

namespace clew::query {

struct SearchRequest {
  /// On one span.
  expr::Expression condition{};
  /// Both inclusive, on the start of the span.
  std::optional<UnixNanos> start_min{};
  std::optional<UnixNanos> start_max{};
  std::size_t limit = 20;
};

/// What is there of several traces.
struct TraceList {
  /// In the order asked for.
  std::vector<model::TraceData> traces;
  std::vector<TraceId> not_found;
};

/// What an answer cost.
struct QueryStats {
  std::uint64_t row_groups_read = 0;
  std::uint64_t row_groups_skipped = 0;
  /// Of those that were skipped: by a filter of their values.
  std::uint64_t row_groups_filtered = 0;
  std::uint64_t spans_scanned = 0;
  /// Traces kept at the same time as they might be in the answer.
  std::uint64_t candidates_max = 0;
};

struct SearchResult {
  /// Whole traces, newest start first, then by trace id.
  std::vector<model::TraceData> traces;
  QueryStats stats;
};

struct Operation {
  std::string name;
  model::SpanKind kind = model::SpanKind::kUnspecified;
  auto operator<=>(const Operation&) const = default;
};

/// Calls from parent service to child service.
struct DependencyLink {
  std::string parent;
  std::string child;
  std::uint64_t call_count = 0;
};

/// Answers questions about everything acknowledged: the head and all blocks of a tenant.
/// Any thread. Errors: DEADLINE_EXCEEDED past the context's deadline, CANCELLED once its stop is
/// requested, DATA_LOSS never (a corrupt block is quarantined, the rest answers, and what is left
/// out is noted in the context), UNAVAILABLE while the log is replayed.
class QueryService {
 public:
  virtual ~QueryService() = default;
  /// The whole trace: fragments of all sources joined, spans that are equal in content once
  /// (model::DropDuplicateSpans), by start, then span id (model::SortSpans). NOT_FOUND when there
  /// is none.
  virtual Result<model::TraceData> FindTrace(const QueryContext& context, const TraceId& id) = 0;
  /// The same of several, each once however often it is asked for. Those that do not fit are left
  /// out as in Search.
  virtual Result<TraceList> FindTraces(const QueryContext& context,
                                       std::span<const TraceId> ids) = 0;
  /// Traces that do not fit into one answer are left out, the largest first, and noted in the
  /// context; RESOURCE_EXHAUSTED when none of those found fits.
  virtual Result<SearchResult> Search(const QueryContext& context,
                                      const SearchRequest& request) = 0;
  /// Names (model::ServiceName) in byte order, as they are shown: what is not UTF-8 replaced. Of
  /// very many, this and Operations list the first, and note in the context that they do.
  virtual Result<std::vector<std::string>> Services(const QueryContext& context) = 0;
  /// In order of name (model::OperationName), then kind; each pair once, as they are shown.
  virtual Result<std::vector<Operation>> Operations(const QueryContext& context,
                                                    const std::string& service) = 0;
  /// Spans that started in [start_min, start_max] whose parent is in the same trace, each once, as
  /// in FindTrace; one link for each pair of services, self-links included (jaeger.md section 24).
  virtual Result<std::vector<DependencyLink>> Dependencies(const QueryContext& context,
                                                           UnixNanos start_min,
                                                           UnixNanos start_max) = 0;
};

}  // namespace clew::query
