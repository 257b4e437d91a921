#include "traceql/evaluate/field_reader.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>

#include "traceql/evaluate/array_value.h"

namespace clew::traceql::evaluate {

using Kind = Value::Kind;
using Bound = Term::Bound;

FieldReader::FieldReader(const FieldProgram& program, TraceView* trace,
                         const model::StopCheck& stop)
    : program_(program),
      trace_(*trace),
      spans_(trace->spans()),
      values_(program.fetches().size()),
      steps_(stop) {
  const auto fetches = program.fetches();
  for (const model::AttributeColumn& column : spans_.attributes) {
    for (std::size_t i = 0; i < fetches.size(); ++i) {
      const bool is_of_it = column.owner == fetches[i].owner && column.key == fetches[i].key;
      if (is_of_it) values_[i].Add(column);
    }
  }
}

Result<bool> FieldReader::Holds(const Term& condition, std::uint32_t row) {
  const bool holds = GoesOn() && Holds(condition, Subject{row});
  TRY(std::exchange(status_, {}));
  return holds;
}

Result<Value> FieldReader::Evaluate(const Term& expression, std::uint32_t row) {
  const Value value = GoesOn() ? Evaluate(expression, Subject{row}) : Value();
  TRY(std::exchange(status_, {}));
  return value;
}

bool FieldReader::GoesOn() {
  if (is_ok() && steps_.Pass()) status_ = steps_.Ask();
  return is_ok();
}

bool FieldReader::Holds(const Term& condition, const Subject& subject) {
  if (condition.bound == Bound::kSpan || subject.is_bound()) return HoldsBound(condition, subject);
  return HoldsForOne(std::span(&condition, 1), subject.row);
}

/// An event, or a link, or one of each, for which all of `conditions` hold.
bool FieldReader::HoldsForOne(std::span<const Term> conditions, std::uint32_t row) {
  const bool needs_event = std::ranges::any_of(conditions, &Term::NeedsEvent);
  const bool needs_link = std::ranges::any_of(conditions, &Term::NeedsLink);
  // One round where none is needed.
  constexpr RowRange kOne = {0, 1};
  const RowRange events = needs_event ? trace_.EventsOf(row) : kOne;
  const RowRange links = needs_link ? trace_.LinksOf(row) : kOne;
  for (std::uint32_t event = events.begin; event < events.end; ++event) {
    for (std::uint32_t link = links.begin; link < links.end; ++link) {
      if (!GoesOn()) return false;
      const Subject subject{row, needs_event ? event : kNoRow, needs_link ? link : kNoRow};
      const auto holds = [&](const Term& each) { return HoldsBound(each, subject); };
      if (std::ranges::all_of(conditions, holds)) return true;
    }
  }
  return false;
}

/// All operands of an `&&`, by what they are bound to: those on events on the same one, those on
/// links likewise.
bool FieldReader::HoldsTogether(std::span<const Term> conditions, std::uint32_t row) {
  const auto from = [&conditions](Bound bound) {
    const auto place = std::ranges::lower_bound(conditions, bound, {}, &Term::bound);
    return static_cast<std::size_t>(place - conditions.begin());
  };
  const std::size_t events = from(Bound::kEvent);
  const std::size_t links = from(Bound::kLink);
  const std::size_t joint = from(Bound::kEventAndLink);
  for (const Term& each : conditions.first(events)) {
    if (!HoldsBound(each, Subject{row})) return false;
  }
  const auto hold = [&](std::span<const Term> some) {
    return some.empty() || HoldsForOne(some, row);
  };
  if (joint < conditions.size()) return hold(conditions.subspan(events));
  return hold(conditions.subspan(events, links - events)) && hold(conditions.subspan(links));
}

/// What is bound has its event and link in the subject.
bool FieldReader::HoldsBound(const Term& condition, const Subject& subject) {
  const auto holds = [&](const Term& operand) { return Holds(operand, subject); };
  switch (condition.kind) {
    case Term::Kind::kAnd:
      return subject.is_bound() ? std::ranges::all_of(condition.operands, holds)
                                : HoldsTogether(condition.operands, subject.row);
    case Term::Kind::kOr:
      return std::ranges::any_of(condition.operands, holds);
    case Term::Kind::kNot: {
      const Term& operand = condition.operands[0];
      if (operand.kind != Term::Kind::kAttribute) return !holds(operand) && is_ok();
      const Value value = Evaluate(operand, subject);
      return value.kind == Kind::kBool && value.number == 0;
    }
    case Term::Kind::kNilTest: {
      const bool is_nil = Evaluate(condition.operands[0], subject).is_nil();
      return is_nil == (condition.op == Op::kEqual) && is_ok();
    }
    case Term::Kind::kMatch:
      return Matches(condition, Evaluate(condition.operands[0], subject));
    case Term::Kind::kComparison:
      return CompareSides(condition, subject);
    default:
      return Evaluate(condition, subject).is_true();
  }
}

bool FieldReader::CompareSides(const Term& comparison, const Subject& subject) {
  const Value left = Evaluate(comparison.operands[0], subject);
  if (left.is_nil()) return false;
  const Value right = Evaluate(comparison.operands[1], subject);
  Result<bool> holds = Compare(comparison.op, left, right);
  if (holds) return *holds && is_ok();
  if (is_ok()) status_ = std::unexpected(std::move(holds).error());
  return false;
}

bool FieldReader::Matches(const Term& condition, const Value& value) {
  const bool is_wanted = condition.op == Op::kMatches;
  switch (value.kind) {
    case Kind::kString:
      return condition.pattern->IsFoundIn(value.text) == is_wanted;
    case Kind::kId:
      return condition.pattern->IsFoundIn(ToText(value)) == is_wanted;
    case Kind::kArray: {
      bool are_strings = true;
      const bool is_found = AnyElement(value.text, [&](const Value& element) {
        are_strings = element.kind == Kind::kString;
        return !are_strings || condition.pattern->IsFoundIn(element.text);
      });
      return are_strings && is_found == is_wanted;
    }
    default:
      return false;
  }
}

Value FieldReader::Evaluate(const Term& expression, const Subject& subject) {
  switch (expression.kind) {
    case Term::Kind::kStatic:
      return expression.is_id ? Value::Id(expression.value.text) : Value::Of(expression.value);
    case Term::Kind::kAttribute:
      return Read(program_.sources()[expression.slot], subject).value;
    case Term::Kind::kNegate: {
      Value value = Evaluate(expression.operands[0], subject);
      if (!value.is_number()) return {};
      // The least of whole numbers is its own negative.
      value.number = static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(value.number));
      value.real = -value.real;
      return value;
    }
    case Term::Kind::kArithmetic:
      return EvaluateArithmetic(expression, subject);
    default:
      return Value::Bool(Holds(expression, subject));
  }
}

Value FieldReader::EvaluateArithmetic(const Term& expression, const Subject& subject) {
  const Value left = Evaluate(expression.operands[0], subject);
  const Value right = Evaluate(expression.operands[1], subject);
  Result<Value> value = Compute(expression.op, left, right);
  if (value) return *value;
  if (is_ok()) status_ = std::unexpected(std::move(value).error());
  return {};
}

}  // namespace clew::traceql::evaluate
