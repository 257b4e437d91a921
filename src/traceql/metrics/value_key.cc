#include "traceql/metrics/value_key.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace clew::traceql::metrics {
namespace {

using evaluate::Value;
using Kind = Value::Kind;

bool IsText(Kind kind) {
  return kind == Kind::kString || kind == Kind::kId || kind == Kind::kArray;
}

/// A type, then eight octets: the number, or how many octets of text follow.
constexpr std::size_t kHeadBytes = 9;

std::uint64_t BitsOf(const Value& value) {
  if (IsText(value.kind)) return value.text.size();
  if (value.kind != Kind::kFloat) return static_cast<std::uint64_t>(value.number);
  // Both zeros are one, and so is all that is no number.
  if (value.real == 0) return 0;
  const double real =
      std::isnan(value.real) ? std::numeric_limits<double>::quiet_NaN() : value.real;
  return std::bit_cast<std::uint64_t>(real);
}

}  // namespace

void AppendKey(const Value& value, std::string* key) {
  const std::uint64_t bits = BitsOf(value);
  char head[kHeadBytes] = {static_cast<char>(value.kind)};
  std::memcpy(head + 1, &bits, sizeof(bits));
  key->append(head, kHeadBytes);
  if (IsText(value.kind)) key->append(value.text);
}

Value TakeValue(std::string_view* key) {
  Value value{.kind = static_cast<Kind>(key->front())};
  std::uint64_t bits = 0;
  std::memcpy(&bits, key->data() + 1, sizeof(bits));
  key->remove_prefix(kHeadBytes);
  if (IsText(value.kind)) {
    value.text = key->substr(0, bits);
    key->remove_prefix(bits);
  } else if (value.kind == Kind::kFloat) {
    value.real = std::bit_cast<double>(bits);
  } else {
    value.number = static_cast<std::int64_t>(bits);
  }
  return value;
}

}  // namespace clew::traceql::metrics
