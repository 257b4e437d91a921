#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/value.h"

namespace clew::expr {

/// A value that somebody asks for.
///
/// With a type it compares only with values stored as that. Without one it compares with values of
/// every type that it can be read as: with numbers when it is one, with all others as the text that
/// they are shown as.
struct Literal {
  static Literal String(std::string text);
  static Literal Bool(bool truth);
  static Literal Int(std::int64_t number);
  static Literal Double(double number);
  static Literal Untyped(std::string text);

  bool operator==(const Literal&) const = default;

  /// As it was given, or as it is shown.
  std::string text{};
  std::optional<model::ValueType> type{};
  /// What it is as a number; a typed one has one of them at most.
  std::optional<std::int64_t> integer{};
  std::optional<double> real{};
  /// `real` is a whole number below those of 64 bits, which rounding may make the least of them.
  bool is_below_ints = false;
};

/// All of `text` as a decimal number, which may begin with a plus; nothing when it is none or is
/// out of range.
std::optional<std::int64_t> ParseInt(std::string_view text);
std::optional<double> ParseReal(std::string_view text);

}  // namespace clew::expr
