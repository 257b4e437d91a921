#include "expr/literal.h"

#include <charconv>
#include <utility>

#include "base/number.h"

namespace clew::expr {
namespace {

template <typename Number>
std::optional<Number> ParseSigned(std::string_view text) {
  const bool has_plus = text.starts_with('+') && !text.starts_with("+-");
  return base::ParseNumber<Number>(text.substr(has_plus ? 1 : 0));
}

bool IsBelowInts(std::string_view text) {
  if (!text.starts_with('-')) return false;
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc::result_out_of_range && rest == end;
}

}  // namespace

std::optional<std::int64_t> ParseInt(std::string_view text) {
  return ParseSigned<std::int64_t>(text);
}

std::optional<double> ParseReal(std::string_view text) { return ParseSigned<double>(text); }

Literal Literal::String(std::string text) {
  return {.text = std::move(text), .type = model::ValueType::kString};
}

Literal Literal::Bool(bool truth) {
  return {.text = truth ? "true" : "false", .type = model::ValueType::kBool};
}

Literal Literal::Int(std::int64_t number) {
  return {.text = std::to_string(number), .type = model::ValueType::kInt, .integer = number};
}

Literal Literal::Double(double number) {
  return {.text = model::ValueToText({number}), .type = model::ValueType::kDouble, .real = number};
}

Literal Literal::Untyped(std::string text) {
  Literal literal{.text = std::move(text)};
  literal.integer = ParseInt(literal.text);
  literal.real = ParseReal(literal.text);
  literal.is_below_ints = literal.real && IsBelowInts(literal.text);
  return literal;
}

}  // namespace clew::expr
