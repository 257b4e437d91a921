#include "scan/shown_text.h"

#include <bit>
#include <cmath>

#include "base/number.h"
#include "model/shown_keys.h"
#include "wire/otlp/json_text.h"
#include "wire/otlp/materialize.h"

namespace clew::scan {
namespace {

using model::Owner;
using model::ValueType;

bool IsShownAsAddress(std::string_view key, Owner owner) {
  return (owner == Owner::kSpan || owner == Owner::kResource) && model::IsAddressKey(key);
}

std::optional<std::uint32_t> ParseAddress(std::string_view text) {
  std::uint32_t address = 0;
  for (int part = 0; part < 4; ++part) {
    const std::size_t end = part == 3 ? text.size() : text.find('.');
    if (end == std::string_view::npos) return std::nullopt;
    const auto number = base::ParseNumber<std::uint8_t>(text.substr(0, end));
    if (!number) return std::nullopt;
    address = address << 8 | *number;
    text.remove_prefix(part == 3 ? end : end + 1);
  }
  return address;
}

}  // namespace

ShownText::ShownText(std::string_view text, std::string_view key, Owner owner)
    : text_(text), integer_(expr::ParseInt(text)), real_(expr::ParseReal(text)) {
  if (IsShownAsAddress(key, owner)) address_ = ParseAddress(text);
}

bool ShownText::IsShownFor(const StoredValue& value) const {
  switch (value.type) {
    case ValueType::kEmpty:
      return text_.empty();
    case ValueType::kInt:
      return integer_ == value.number ||
             (address_ && static_cast<std::uint32_t>(value.number) == *address_);
    case ValueType::kDouble:
      return IsShownFor(std::bit_cast<double>(value.number));
    case ValueType::kString:
      return wire::otlp::IsShownAs(value.text, text_);
    default:
      return wire::otlp::IsShownAs(TextOf(value), text_);
  }
}

bool ShownText::IsShownFor(double value) const {
  if (address_) {
    return value >= 0 && value <= 4294967295.0 && static_cast<std::uint32_t>(value) == *address_;
  }
  // Only what is no number has another form than the shortest.
  const bool is_number = real_ && !std::isnan(*real_);
  return is_number ? value == *real_ : model::ValueToText({value}) == text_;
}

}  // namespace clew::scan
