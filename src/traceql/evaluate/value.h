#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/vocabulary.h"
#include "traceql/op.h"
#include "traceql/static.h"

namespace clew::traceql::evaluate {

/// A value of a span while a query runs. Text is a view: into columns, or into the query.
struct Value {
  enum class Kind : std::uint8_t {
    kNil,  // nothing is there
    kInt,
    kFloat,
    kString,
    kBool,
    kDuration,
    kStatus,
    kKind,
    /// The octets of an id. Beside a text it is that of its hex digits; all zeros are no digits.
    kId,
    /// Two or more values of one type (ForEachElement), as the message ArrayValue.
    kArray,
  };

  static Value Int(std::int64_t number) { return {.kind = Kind::kInt, .number = number}; }
  static Value Float(double real) { return {.kind = Kind::kFloat, .real = real}; }
  static Value String(std::string_view text) { return {.kind = Kind::kString, .text = text}; }
  static Value Bool(bool truth) { return {.kind = Kind::kBool, .number = truth ? 1 : 0}; }
  static Value Duration(std::int64_t nanos) { return {.kind = Kind::kDuration, .number = nanos}; }
  /// `octets` are those of a base::TraceId or SpanId, which outlives the value.
  static Value Id(std::string_view octets) { return {.kind = Kind::kId, .text = octets}; }
  static Value Array(std::string_view encoded) { return {.kind = Kind::kArray, .text = encoded}; }
  /// `value` outlives it.
  static Value Of(const Static& value);

  bool is_nil() const { return kind == Kind::kNil; }
  bool is_true() const { return kind == Kind::kBool && number != 0; }
  bool is_number() const {
    return kind == Kind::kInt || kind == Kind::kFloat || kind == Kind::kDuration;
  }
  /// Of a number.
  double AsReal() const { return kind == Kind::kFloat ? real : static_cast<double>(number); }

  Kind kind = Kind::kNil;
  /// Whole numbers, nanoseconds, 0 or 1, or the code of a status or kind as TraceQL counts them.
  std::int64_t number = 0;
  double real = 0;
  std::string_view text{};
};

/// `string`, `int` …, for messages.
std::string_view NameOf(Value::Kind kind);

/// Whether `left op right` holds; `op` is a plain comparison. What is not there, or is of another
/// type, compares as nothing, not even as different; so does what has no order, when it is ordered.
///
/// Of an array one element suffices, but for `!=`: none may be equal. INVALID_ARGUMENT for two
/// arrays.
Result<bool> Compare(Op op, const Value& left, const Value& right);

/// `left op right`; `op` is one of arithmetic. Nothing when one of them is no number. Whole numbers
/// stay whole, and INVALID_ARGUMENT says that they cannot be divided by zero; with a float or a
/// duration, or a negative power, the result is a float.
Result<Value> Compute(Op op, const Value& left, const Value& right);

/// What groups and sets of values take as one: the same type and content.
bool IsSame(const Value& left, const Value& right);
struct HashOfValue {
  std::size_t operator()(const Value& value) const;
};
struct SameValue {
  bool operator()(const Value& left, const Value& right) const { return IsSame(left, right); }
};

/// As answers show it: `1m0s`, `error`, `nil`; a string as it is, an array as `["a", "b"]`.
std::string ToText(const Value& value);

}  // namespace clew::traceql::evaluate
