#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/vocabulary.h"
#include "model/value.h"
#include "traceql/op.h"
#include "traceql/static.h"

namespace clew::traceql::evaluate::testing {

/// A value as an object of its own: a static, or an array of them.
struct PlainValue {
  /// As groups have it: all that is no number is one.
  bool operator==(const PlainValue& other) const {
    const bool is_nan = value.real != value.real && other.value.real != other.value.real;
    return (value == other.value || is_nan) && elements == other.elements;
  }

  bool is_array() const { return !elements.empty(); }
  bool is_nil() const { return value.type == Type::kNil && !is_array(); }
  bool is_true() const { return !is_array() && value.is_bool(true); }

  Static value{};
  std::vector<PlainValue> elements{};
};

/// What queries see of an attribute: sheet 4.3.
PlainValue SeenOf(const model::Value& value);
/// Of several under one key the first one of the least type that can be seen.
PlainValue SeenOf(const model::Attributes& attributes, const std::string& key);

/// Sheet 6.2 and 6.4, for two values of which neither is a nil that stands in the query.
Result<bool> PlainCompare(Op op, const PlainValue& left, const PlainValue& right);
/// The same for `=~` and `!~`.
bool PlainMatch(Op op, const PlainValue& left, const std::string& pattern);
/// Arithmetic.
Result<PlainValue> PlainCompute(Op op, const PlainValue& left, const PlainValue& right);

std::string PlainText(const PlainValue& value);

}  // namespace clew::traceql::evaluate::testing
