#include "traceql/evaluate/aggregate.h"

#include <limits>

namespace clew::traceql::evaluate {
namespace {

/// As it is when the values are of this type.
Value AsType(const Value& value, Value::Kind type) {
  return type == Value::Kind::kFloat ? Value::Float(value.AsReal()) : value;
}

}  // namespace

void Accumulator::Add(const Value& value) {
  if (kind_ == Aggregate::Kind::kCount) {
    if (!value.is_nil()) distinct_.insert(value);
    return;
  }
  if (!value.is_number()) return;
  if (count_++ == 0) {
    type_ = value.kind;
    extreme_ = value;
  } else if (type_ != value.kind) {
    type_ = Value::Kind::kFloat;
  }
  if (value.kind != Value::Kind::kFloat) whole_sum_ += value.number;
  real_sum_ += value.AsReal();
  const Op op = kind_ == Aggregate::Kind::kMin ? Op::kLess : Op::kGreater;
  if (Compare(op, value, extreme_).value_or(false)) extreme_ = value;
}

Value Accumulator::Take() const {
  if (kind_ == Aggregate::Kind::kCount) {
    return Value::Int(static_cast<std::int64_t>(distinct_.size()));
  }
  if (count_ == 0) return {};
  switch (kind_) {
    case Aggregate::Kind::kSum: {
      const bool fits = whole_sum_ <= std::numeric_limits<std::int64_t>::max() &&
                        whole_sum_ >= std::numeric_limits<std::int64_t>::min();
      if (type_ == Value::Kind::kFloat || !fits) return Value::Float(real_sum_);
      return {.kind = type_, .number = static_cast<std::int64_t>(whole_sum_)};
    }
    case Aggregate::Kind::kAvg:
      if (type_ == Value::Kind::kDuration) {
        return Value::Duration(static_cast<std::int64_t>(whole_sum_ / static_cast<Wide>(count_)));
      }
      if (type_ == Value::Kind::kInt) {
        return Value::Float(static_cast<double>(whole_sum_) / static_cast<double>(count_));
      }
      return Value::Float(real_sum_ / static_cast<double>(count_));
    default:
      return AsType(extreme_, type_);
  }
}

}  // namespace clew::traceql::evaluate
