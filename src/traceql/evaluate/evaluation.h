#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/vocabulary.h"
#include "model/span_columns.h"
#include "model/stop_check.h"
#include "traceql/evaluate/field_reader.h"
#include "traceql/evaluate/program.h"
#include "traceql/evaluate/relations.h"
#include "traceql/evaluate/trace_view.h"
#include "traceql/evaluate/value.h"

namespace clew::traceql::evaluate {

/// A value that a stage gave a set of spans: `by(span.x)`, `count()`, `avg(duration)`.
struct NamedValue {
  std::string_view name;
  Value value{};
};

/// Spans of a trace that match together.
struct Spanset {
  /// Not empty, by start, then row.
  Rows rows;
  /// In the order of the stages, a name once: the last one counts.
  std::vector<NamedValue> values;
};

/// One run of a program over one trace. What it gives are views into both. One thread.
///
/// Takes 4 bytes a span, when the query asks for the structure of the trace 24, and some 120 while
/// that is made; and for each set of spans 4 a span.
class Evaluation {
 public:
  /// `spans` is one trace, whole, each of its spans once. All outlive it.
  Evaluation(const Program& program, const model::SpanColumns& spans, const model::StopCheck& stop);

  /// The sets of spans that the program finds; none when the trace does not match.
  ///
  /// INVALID_ARGUMENT when a set operator is to be applied to several sets, when whole numbers are
  /// divided by zero, or arrays compared with each other; else the error of the stop check.
  Result<std::vector<Spanset>> Run();

  /// For whoever looks at spans that were found: their attributes, and expressions over them.
  FieldReader& fields() { return fields_; }
  TraceView& trace() { return trace_; }

 private:
  using Spansets = std::vector<Spanset>;

  Result<Spansets> RunStages(std::span<const StagePlan> stages, Spansets input);
  Result<Spansets> RunStage(const StagePlan& stage, Spansets input);
  Result<Spansets> RunSpansets(const SpansetPlan& plan, Spansets input);
  Result<Spansets> Combine(const SpansetPlan& plan, const Spanset& input);
  Result<Rows> Filter(const Term& filter, const Rows& rows);
  Result<Spansets> GroupBy(const StagePlan& stage, Spanset input);
  Spansets Coalesce(const Spansets& input);
  Result<Spansets> FilterSpansets(const StagePlan& stage, Spansets input);
  Result<Value> EvaluateScalar(const ScalarPlan& plan, Spanset* spanset);
  Result<Value> EvaluateAggregate(const ScalarPlan& plan, const Rows& rows);

  const Program& program_;
  TraceView trace_;
  FieldReader fields_;
};

}  // namespace clew::traceql::evaluate
