#include "traceql/compare.h"

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/letter_case.h"
#include "expr/pattern.h"
#include "model/service_name.h"

namespace clew::traceql {
namespace {

using expr::Expression;
using expr::Field;
using expr::FieldKind;
using expr::Literal;
using expr::Reference;

/// Of `=` and the four that order.
expr::Op OpOf(Op op) {
  switch (op) {
    case Op::kGreater:
      return expr::Op::kGreater;
    case Op::kGreaterOrEqual:
      return expr::Op::kGreaterOrEqual;
    case Op::kLess:
      return expr::Op::kLess;
    case Op::kLessOrEqual:
      return expr::Op::kLessOrEqual;
    default:
      return expr::Op::kEqual;
  }
}

/// Nothing is less or more: the two of them together.
Expression IsOther(const Reference& reference, const Literal& literal) {
  return expr::Or({Compare(expr::Op::kLess, reference, literal),
                   Compare(expr::Op::kGreater, reference, literal)});
}

Expression CompareNumber(Op op, const Reference& reference, Literal literal) {
  if (op == Op::kNotEqual) return IsOther(reference, literal);
  return Compare(OpOf(op), reference, std::move(literal));
}

/// Any whole number.
Expression IsInt(const Reference& reference) {
  return Compare(expr::Op::kGreaterOrEqual, reference,
                 Literal::Int(std::numeric_limits<std::int64_t>::min()));
}

/// Whole numbers that compare so with `real`.
Expression CompareInts(Op op, const Reference& reference, double real) {
  constexpr double kAboveInts = 9223372036854775808.0;
  const bool is_less = op == Op::kLess || op == Op::kLessOrEqual;
  const bool is_greater = op == Op::kGreater || op == Op::kGreaterOrEqual;
  if (real >= kAboveInts || real < -kAboveInts) {
    const bool is_all = op == Op::kNotEqual || (real > 0 ? is_less : is_greater);
    return is_all ? IsInt(reference) : expr::False();
  }
  if (std::floor(real) != real) {
    if (op == Op::kEqual) return expr::False();
    if (op == Op::kNotEqual) return IsInt(reference);
  }
  // Whole numbers below 1.5 are those below 2, and those above it those above 1.
  const bool is_up = op == Op::kLess || op == Op::kGreaterOrEqual;
  const double bound = is_up ? std::ceil(real) : std::floor(real);
  if (bound >= kAboveInts) return op == Op::kLess ? IsInt(reference) : expr::False();
  return CompareNumber(op, reference, Literal::Int(static_cast<std::int64_t>(bound)));
}

Expression CompareInts(Op op, const Reference& reference, const Static& number) {
  return number.type == Type::kFloat ? CompareInts(op, reference, number.real)
                                     : CompareNumber(op, reference, Literal::Int(number.number));
}

Expression CompareNumbers(Op op, const Reference& reference, const Static& number) {
  return expr::Or({CompareInts(op, reference, number),
                   CompareNumber(op, reference, Literal::Double(number.AsReal()))});
}

/// Nothing but a string is more than an empty one, or that.
Expression IsString(const Reference& reference) {
  return Compare(expr::Op::kGreaterOrEqual, reference, Literal::String(""));
}

Result<Expression> CompareString(Op op, const Reference& reference, const Static& value) {
  if (op == Op::kMatches || op == Op::kNotMatches) {
    ASSIGN_OR_RETURN(expr::PatternPtr pattern, expr::Pattern::CompileWhole(value.text));
    Expression matches = Matches(reference, std::move(pattern));
    const bool is_negated = op == Op::kNotMatches;
    return expr::And(
        {IsString(reference), is_negated ? Not(std::move(matches)) : std::move(matches)});
  }
  if (op == Op::kNotEqual) return IsOther(reference, Literal::String(value.text));
  return Compare(OpOf(op), reference, Literal::String(value.text));
}

bool Holds(Op op, int order) {
  switch (op) {
    case Op::kEqual:
      return order == 0;
    case Op::kNotEqual:
      return order != 0;
    case Op::kGreater:
      return order > 0;
    case Op::kGreaterOrEqual:
      return order >= 0;
    case Op::kLess:
      return order < 0;
    default:
      return order <= 0;
  }
}

/// As it is stored: lower case, with leading zeros. An id of zeros only is none.
std::string IdText(Field field, std::string_view text) {
  const bool is_trace = field == Field::kTraceId || field == Field::kLinkTraceId;
  const std::size_t digits = is_trace ? 32 : 16;
  std::string id = base::LowerCase(text);
  id.erase(0, id.find_first_not_of('0'));
  if (!id.empty() && id.size() < digits) id.insert(0, digits - id.size(), '0');
  return id;
}

/// Of a text or id, where what is absent is empty.
Result<Expression> CompareText(Op op, Field field, const Static& value) {
  const Reference reference = expr::Of(field);
  if (op == Op::kMatches || op == Op::kNotMatches) {
    ASSIGN_OR_RETURN(expr::PatternPtr pattern, expr::Pattern::CompileWhole(value.text));
    const bool takes_empty = pattern->IsFoundIn("");
    Expression matches = Matches(reference, std::move(pattern));
    if (takes_empty) matches = expr::Or({std::move(matches), Not(Exists(reference))});
    return op == Op::kNotMatches ? Not(std::move(matches)) : matches;
  }
  const bool is_equality = op == Op::kEqual || op == Op::kNotEqual;
  const bool is_id = InfoOf(field).kind == FieldKind::kId;
  std::string text = is_id && is_equality ? IdText(field, value.text) : value.text;
  if (field == Field::kName && is_equality) text = model::OperationName(text);
  if (is_equality) {
    Expression equal = text.empty() ? Not(Exists(reference))
                                    : Compare(expr::Op::kEqual, reference, Literal::String(text));
    return op == Op::kNotEqual ? Not(std::move(equal)) : equal;
  }
  const bool holds_for_empty = Holds(op, std::string_view().compare(text));
  Expression order = Compare(OpOf(op), reference, Literal::String(std::move(text)));
  return holds_for_empty ? expr::Or({std::move(order), Not(Exists(reference))}) : order;
}

}  // namespace

Result<Expression> CompareAttribute(Op op, const Reference& reference, const Static& value) {
  const bool is_equal = op == Op::kEqual;
  switch (value.type) {
    case Type::kString:
      return CompareString(op, reference, value);
    case Type::kBool:
      return Compare(expr::Op::kEqual, reference, Literal::Bool((value.number != 0) == is_equal));
    case Type::kStatus:
      return CompareNumber(op, reference, Literal::Int(value.number));
    case Type::kInt:
    case Type::kFloat:
    case Type::kDuration:
      return CompareNumbers(op, reference, value);
    case Type::kNil:
    case Type::kKind:
    case Type::kAttribute:
      break;
  }
  return expr::False();
}

Result<Expression> CompareField(Op op, Field field, const Static& value) {
  // What is always there is never nil.
  if (value.type == Type::kNil) return op == Op::kNotEqual ? expr::True() : expr::False();
  switch (InfoOf(field).kind) {
    case FieldKind::kText:
    case FieldKind::kId:
      return value.type == Type::kString ? CompareText(op, field, value) : expr::False();
    case FieldKind::kWord: {
      if (value.type != Type::kStatus && value.type != Type::kKind) return expr::False();
      Expression equal =
          Compare(expr::Op::kEqual, expr::Of(field), Literal::String(std::string(value.word())));
      return op == Op::kNotEqual ? Not(std::move(equal)) : equal;
    }
    case FieldKind::kDuration:
    case FieldKind::kTime:
      break;
  }
  return value.is_number() ? CompareInts(op, expr::Of(field), value) : expr::False();
}

}  // namespace clew::traceql
