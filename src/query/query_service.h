#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "base/vocabulary.h"
#include "model/span_columns.h"
#include "model/value.h"
#include "query/matched_trace.h"
#include "query/metrics_answer.h"
#include "query/plan.h"
#include "query/query_context.h"

namespace clew::query {

/// A trace that was asked for by its id and is nowhere.
struct AbsentTrace {
  TraceId id;
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

/// The attributes of an owner with one key, of any type.
struct TagName {
  model::Owner owner = model::Owner::kSpan;
  std::string key{};
  std::uint64_t value_count = 0;
};

/// One of the values of a tag, and how many there are of it.
struct TagValue {
  /// kString, kBool, kInt or kDouble; of a kind or status kString.
  model::ValueType type = model::ValueType::kString;
  /// As it is shown.
  std::string text{};
  std::uint64_t count = 0;
};

/// What a plan gives, by its first operator: JoinFragments traces, as columns with memory of their
/// own (model::MemoryOf), and absent ones, MatchTraces matched ones, MeasureSpans its one
/// answer, ListServices their names, ListOperations operations, ListTags tags, ListTagValues
/// values, CountCalls links.
using Row = std::variant<model::SpanColumnsPtr, AbsentTrace, MatchedTrace, MetricsAnswerPtr,
                         std::string, Operation, TagName, TagValue, DependencyLink>;

/// Takes the rows of an answer as they become known, in their order. One thread.
class Sink {
 public:
  virtual ~Sink() = default;
  /// An error ends the run and is what it says.
  virtual Status Take(Row row) = 0;
  /// False: a row is gone when Take returns, and its memory is given back to the context for the
  /// next ones.
  virtual bool keeps_rows() const { return true; }
};

/// Answers questions about everything acknowledged: the head and all blocks of its tenants.
class QueryService {
 public:
  virtual ~QueryService() = default;
  /// Any thread. Errors: INVALID_ARGUMENT for operators that do not fit together, DEADLINE_EXCEEDED
  /// past the context's deadline, CANCELLED once its stop is requested, RESOURCE_EXHAUSTED when
  /// what is held for the answer does not fit, DATA_LOSS never (a corrupt block is quarantined, the
  /// rest answers, and what is left out is noted in the context), UNAVAILABLE while the log is
  /// replayed or others hold the memory. Rows may have been taken before an error.
  virtual Status Run(const Plan& plan, const QueryContext& context, Sink& sink) = 0;
};

}  // namespace clew::query
