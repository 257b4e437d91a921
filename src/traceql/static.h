#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace clew::traceql {

/// What values are. Of an attribute that is known only when it runs.
enum class Type : std::uint8_t {
  kNil,
  kInt,
  kFloat,
  kString,
  kBool,
  kDuration,
  kStatus,
  kKind,
  kAttribute,
};

/// A value that stands in a query.
struct Static {
  static Static Nil();
  static Static Int(std::int64_t number);
  static Static Float(double real);
  static Static String(std::string text);
  static Static Bool(bool truth);
  static Static Duration(std::int64_t nanos);
  /// Of a status or kind that is called `word`; nothing when none is.
  static std::optional<Static> Word(std::string_view word);

  bool operator==(const Static&) const = default;

  /// Whole, real, or a duration: they mix freely.
  bool is_number() const {
    return type == Type::kInt || type == Type::kFloat || type == Type::kDuration;
  }
  bool is_bool(bool truth) const { return type == Type::kBool && (number != 0) == truth; }
  /// Of a number.
  double AsReal() const;
  /// Of a status or kind, what it is called.
  std::string_view word() const;

  Type type = Type::kNil;
  /// Whole numbers, nanoseconds, 0 or 1, or the code of a status or kind as TraceQL counts them.
  std::int64_t number = 0;
  double real = 0;
  std::string text{};
};

/// As it is written in a query: `1m0s`, `1.5`, `"a\n"`, `minInt`.
std::string Print(const Static& value);
/// A text between double quotes, with Go's escapes.
std::string Quote(std::string_view text);

}  // namespace clew::traceql
