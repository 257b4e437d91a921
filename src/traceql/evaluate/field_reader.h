#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/vocabulary.h"
#include "model/stop_check.h"
#include "traceql/evaluate/attribute_values.h"
#include "traceql/evaluate/field_program.h"
#include "traceql/evaluate/trace_view.h"
#include "traceql/evaluate/value.h"

namespace clew::traceql::evaluate {

/// Evaluates field expressions for the spans of one trace. One thread.
///
/// What is not there, or has no type that the operator takes, makes every comparison false, and
/// arithmetic nil; beside `&&` and `||` it counts as false. `!` gives what is not true; `!.x` holds
/// only where x is false. Of several events (or links) one suffices: conditions on them that `&&`
/// joins hold on the same one (traceql/lower.h says which); a value of theirs that is no condition
/// is that of the first which has it.
class FieldReader {
 public:
  /// All outlive it; the trace is only for it.
  FieldReader(const FieldProgram& program, TraceView* trace, const model::StopCheck& stop);

  /// Whether the condition is true for the span. INVALID_ARGUMENT when whole numbers are divided by
  /// zero, or arrays compared with each other; else the error of the stop check.
  Result<bool> Holds(const Term& condition, std::uint32_t row);
  /// The value of the expression for the span.
  Result<Value> Evaluate(const Term& expression, std::uint32_t row);
  /// The value of an attribute for the span.
  Value Read(Slot slot, std::uint32_t row) { return ReadNamed(slot, row).value; }
  /// The same, and under which name it is there, which may be another one than was asked for; empty
  /// when it is not there, or an intrinsic. Lives as long as the program.
  struct Named {
    Value value{};
    std::string_view name{};
  };
  Named ReadNamed(Slot slot, std::uint32_t row) { return Read(program_.sources()[slot], {row}); }

 private:
  /// A span, and an event and link of it when it is these that are looked at.
  struct Subject {
    std::uint32_t row;
    std::uint32_t event = kNoRow;
    std::uint32_t link = kNoRow;

    bool is_bound() const { return event != kNoRow || link != kNoRow; }
  };

  // False and nil once something has failed.
  bool Holds(const Term& condition, const Subject& subject);
  bool HoldsBound(const Term& condition, const Subject& subject);
  bool HoldsForOne(std::span<const Term> conditions, std::uint32_t row);
  bool HoldsTogether(std::span<const Term> conditions, std::uint32_t row);
  bool Matches(const Term& condition, const Value& value);
  bool CompareSides(const Term& comparison, const Subject& subject);
  Value Evaluate(const Term& expression, const Subject& subject);
  Value EvaluateArithmetic(const Term& expression, const Subject& subject);

  Named Read(const FieldProgram::Source& source, Subject subject);
  Named ReadAttribute(const FieldProgram::Source& source, const Subject& subject);
  Value ReadIntrinsic(const FieldProgram::Source& source, const Subject& subject);
  Value ReadOfSpan(Intrinsic intrinsic, std::uint32_t row);
  Value ReadOfTrace(const FieldProgram::Source& source, std::uint32_t row);
  Value ReadOfEvents(Intrinsic intrinsic, const Subject& subject);
  Value ReadOfLinks(Intrinsic intrinsic, const Subject& subject);
  /// Of the first row that has it.
  Named FirstOf(const FieldProgram::Source& source, RowRange range);
  /// Of a row of the table that the fetches are of. Nothing: it has none of them.
  std::optional<Named> OfRow(std::uint32_t fetch, std::uint32_t row);
  RowRange EventsOf(const Subject& subject);
  RowRange LinksOf(const Subject& subject);
  /// Counts a step; false when it is time to stop.
  bool GoesOn();
  bool is_ok() const { return status_.has_value(); }

  const FieldProgram& program_;
  TraceView& trace_;
  const model::SpanColumns& spans_;
  /// One a fetch of the program.
  std::vector<AttributeValues> values_;
  model::StopSteps steps_;
  /// Of the call that goes on.
  Status status_;
};

}  // namespace clew::traceql::evaluate
