#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/vocabulary.h"
#include "expr/expression.h"
#include "query/passes.h"
#include "query/query_stats.h"
#include "traceql/metrics/time_range.h"

namespace clew::traceql::evaluate {
class Program;
class TraceBound;
}  // namespace clew::traceql::evaluate
namespace clew::traceql::metrics {
class MetricsProgram;
}

namespace clew::query {

/// Spans for which the condition holds, and that start in the range.
struct ScanSpans {
  /// On one span.
  expr::Expression condition{};
  /// Both inclusive, on the start of the span.
  std::optional<UnixNanos> start_min{};
  std::optional<UnixNanos> start_max{};
};

/// The traces of the spans of its input: newest start first (over the whole trace), then by id.
struct NewestTraces {
  std::size_t limit = 20;
};

/// These traces, each once however often it is named.
struct NamedTraces {
  std::vector<TraceId> ids;
};

/// The whole traces of its input, in its order: fragments of all sources joined, spans that are
/// equal in content once, by start, then span id (wire::otlp::SortedDistinctSpans).
/// Of NamedTraces, those that are nowhere are told as absent; of NewestTraces, those are left out
/// of which nothing that is shown is what they were found by, and made up for by the next ones.
struct JoinFragments {
  /// Traces that do not fit into one answer are left out, the largest first, and noted in the
  /// context; RESOURCE_EXHAUSTED when none of those found fits. Else the first is that error.
  bool leaves_out = false;
};

/// Of its input, which finds spans of every trace that may match, the newest whole traces of which
/// the query keeps spans, with those: newest start first, then by id.
struct MatchTraces {
  std::shared_ptr<const traceql::evaluate::Program> program;
  /// By which traces are ruled out before they are read. Null: by nothing but its input.
  std::shared_ptr<const traceql::evaluate::TraceBound> bound{};
  /// The query as it is printed.
  std::string text;
  std::size_t limit = 20;
  /// Of each set of spans so many come with the trace.
  std::size_t spans_per_set = 3;
  /// Those that the query itself does not switch off.
  PassSet passes{};
};

/// What a query of metrics makes of all spans that start in its range, each once: one answer. Its
/// inputs are of the operands of the program, in their order: the spans that an operand counts,
/// where its ScanPlan knows them, else those whose traces are to be looked at whole.
struct MeasureSpans {
  std::shared_ptr<const traceql::metrics::MetricsProgram> program;
  /// The query as it is printed.
  std::string text;
  traceql::metrics::TimeRange range{};
  /// At most so many spans stand for others.
  std::uint32_t exemplars = 0;
  /// 0: any number.
  std::size_t series_max = 0;
  /// Those that the query itself does not switch off. The two that skip sources are of use here.
  PassSet passes{};
};

/// How many spans each service has of each operation, of row groups in which a span may meet the
/// condition.
struct CountOperations {
  expr::Expression condition{};
};

/// The services of its input by name (model::ServiceName) in byte order, as they are shown: what is
/// not UTF-8 replaced. Of very many, this and ListOperations give the first, and note in the
/// context that they do.
struct ListServices {};

/// The operations of one service in order of name (model::OperationName), then kind; each pair
/// once, as they are shown.
struct ListOperations {
  std::string service;
};

/// The attributes that spans have that start in the range, both ends inclusive, and their
/// resources, scopes, events and links: all of the blocks, row groups and batches that have
/// something in it.
struct ReadTags {
  std::optional<UnixNanos> start_min{};
  std::optional<UnixNanos> start_max{};
  /// Unless it is expr::True(), only of spans for which it holds and that start in the range.
  expr::Expression condition = expr::True();
};

/// The attributes of its input, by owner, then key, as they are shown: of each of `owners` the
/// first `limit`, 0 standing for as many as a list may hold. Under a condition the values of one
/// are counted where it is found first only.
struct ListTags {
  std::vector<model::Owner> owners;
  std::size_t limit = 0;
};

/// The values of one tag in the same: an attribute, or one of the fields of storage::IsRolled.
/// Octets, arrays, lists and what is empty are left out.
struct ReadTagValues {
  expr::Reference tag;
  std::optional<UnixNanos> start_min{};
  std::optional<UnixNanos> start_max{};
  /// As of ReadTags.
  expr::Expression condition = expr::True();
};

/// The values of its input, each once, the most frequent first, then by type and text. As soon as
/// there are `limit` of them (0 standing for as many as a list may hold) no further block is read
/// for those that no roll-up tells, which is noted in the context.
struct ListTagValues {
  std::size_t limit = 0;
};

/// The trees of all traces with spans that start in the range, both ends inclusive.
struct ReadTrees {
  UnixNanos start_min = 0;
  UnixNanos start_max = 0;
};

/// Of the spans of its input that start in its range and whose parent is in the same trace, each
/// once, as in JoinFragments: one link for each pair of services, self-links included (jaeger.md
/// section 24).
struct CountCalls {};

using Operator = std::variant<ScanSpans, NewestTraces, NamedTraces, JoinFragments, MatchTraces,
                              MeasureSpans, CountOperations, ListServices, ListOperations, ReadTags,
                              ListTags, ReadTagValues, ListTagValues, ReadTrees, CountCalls>;

/// What is asked, as a tree of operators: each takes what its inputs give.
struct Plan {
  Operator op;
  std::vector<Plan> inputs{};

  /// The operator of its only input when that is a T, else null.
  template <typename T>
  const T* Input() const {
    return inputs.size() == 1 ? std::get_if<T>(&inputs[0].op) : nullptr;
  }
};

/// OK when every condition in it is one that can be evaluated (expr::Check).
Status Check(const Plan& plan);

/// What a search asks for.
struct SearchRequest {
  expr::Expression condition{};
  std::optional<UnixNanos> start_min{};
  std::optional<UnixNanos> start_max{};
  std::size_t limit = 20;

  ScanSpans spans() const {
    return {.condition = condition, .start_min = start_min, .start_max = start_max};
  }
};

/// The newest traces with a span that is asked for.
Plan SearchPlan(SearchRequest request);
/// One trace, which has to fit into an answer.
Plan TracePlan(const TraceId& id);
/// Several, of which those are left out that do not fit.
Plan TracesPlan(std::vector<TraceId> ids);
Plan ServicesPlan();
Plan OperationsPlan(std::string service);
Plan TagsPlan(ReadTags tags, std::vector<model::Owner> owners, std::size_t limit);
Plan TagValuesPlan(ReadTagValues values, std::size_t limit);
Plan DependenciesPlan(UnixNanos start_min, UnixNanos start_max);

/// How many operators it has, as many as QueryStats has places.
std::size_t OperatorCount(const Plan& plan);
/// Those that the query does not switch off.
PassSet PassesOf(const Plan& plan);

/// A line for each operator, below it and indented what it takes. With `stats`, which are of a run
/// of this plan, what each did follows in a line of its own.
std::string Explain(const Plan& plan, const QueryStats* stats);

}  // namespace clew::query
