#include "scan/value_keys.h"

#include <bit>
#include <cmath>
#include <string>

#include "base/hash.h"
#include "wire/otlp/json_text.h"

namespace clew::scan {
namespace {

// Of what a column is. An attribute; else the number of the column of a field.
constexpr std::uint8_t kAttribute = 0;
constexpr std::uint8_t kNoColumn = 0xff;

std::uint8_t ColumnNumberOf(expr::Field field) {
  using enum expr::Field;
  switch (field) {
    case kKind:
      return 15;
    case kStatus:
      return 16;
    case kName:
      return 18;
    case kStatusMessage:
      return 19;
    case kTraceState:
      return 20;
    case kResourceSchemaUrl:
      return 30;
    case kScopeName:
      return 40;
    case kScopeVersion:
      return 41;
    case kScopeSchemaUrl:
      return 42;
    case kEventName:
      return 52;
    case kLinkTraceState:
      return 63;
    case kService:
      return 70;
    case kTraceId:
    case kSpanId:
    case kParentSpanId:
    case kStart:
    case kEnd:
    case kDuration:
    case kEventTime:
    case kEventTimeSinceStart:
    case kLinkTraceId:
    case kLinkSpanId:
      break;
  }
  return kNoColumn;
}

// What a key says; added to the seed of its column.
enum class Kind : std::uint64_t { kPresence, kLeftOut, kText, kInt, kReal, kHasGrams, kGram };

template <typename Number>
std::string_view BytesOf(const Number& number) {
  return {reinterpret_cast<const char*>(&number), sizeof(number)};
}

std::uint64_t KeyOf(std::uint64_t seed, Kind kind, std::string_view bytes) {
  return base::Hash64(bytes, seed + static_cast<std::uint64_t>(kind));
}

/// As it is shown. Copied only when it must be.
template <typename Use>
auto WithShown(std::string_view text, Use use) {
  const bool is_shown_as_is = wire::otlp::Utf8ValidSize(text) == text.size();
  return is_shown_as_is ? use(text) : use(std::string_view(wire::otlp::RepairUtf8(text)));
}

}  // namespace

bool IsFiltered(expr::Field field) { return ColumnNumberOf(field) != kNoColumn; }

ValueKeys ValueKeys::OfField(expr::Field field) {
  return ValueKeys(base::Hash64(BytesOf(ColumnNumberOf(field))));
}

ValueKeys ValueKeys::OfAttribute(model::Owner owner, std::string_view key) {
  std::string place;
  place.push_back(static_cast<char>(kAttribute));
  place.push_back(static_cast<char>(owner));
  WithShown(key, [&place](std::string_view shown) { place += shown; });
  return ValueKeys(base::Hash64(place));
}

std::uint64_t ValueKeys::Presence() const { return KeyOf(seed_, Kind::kPresence, {}); }

std::uint64_t ValueKeys::LeftOut() const { return KeyOf(seed_, Kind::kLeftOut, {}); }

std::uint64_t ValueKeys::Text(std::string_view text) const {
  return WithShown(text,
                   [this](std::string_view shown) { return KeyOf(seed_, Kind::kText, shown); });
}

std::uint64_t ValueKeys::Int(std::int64_t number) const {
  return KeyOf(seed_, Kind::kInt, BytesOf(number));
}

std::uint64_t ValueKeys::Real(double number) const {
  constexpr double kAboveInts = 9223372036854775808.0;
  const bool is_int = number >= -kAboveInts && number < kAboveInts && std::floor(number) == number;
  if (is_int) return Int(static_cast<std::int64_t>(number));
  return KeyOf(seed_, Kind::kReal, BytesOf(std::bit_cast<std::uint64_t>(number)));
}

std::array<std::uint64_t, 8> ValueKeys::HasGrams() const {
  std::array<std::uint64_t, 8> keys{};
  for (std::uint8_t i = 0; i < keys.size(); ++i) {
    keys[i] = KeyOf(seed_, Kind::kHasGrams, BytesOf(i));
  }
  return keys;
}

std::uint64_t ValueKeys::OfGram(Gram gram) const {
  return KeyOf(seed_, Kind::kGram, BytesOf(gram));
}

}  // namespace clew::scan
