#include "api/tempo/protobuf_values.h"

#include <bit>

namespace clew::api::tempo {
namespace {

/// Of an entry of a map.
namespace entry {
enum : std::uint32_t { kKey = 1, kValue = 2 };
}  // namespace entry

}  // namespace

void DoubleField(FieldWriter& out, std::uint32_t number, double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  if (bits != 0) out.Fixed64(number, bits);
}

void CountField(FieldWriter& out, std::uint32_t number, std::string_view key, std::uint64_t count) {
  MessageField(out, number, [&] {
    TextField(out, entry::kKey, key);
    NumberField(out, entry::kValue, count);
  });
}

}  // namespace clew::api::tempo
