#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

/// What objects made of columns take in memory, for who says so before they are made. Private to
/// wire/otlp.
namespace clew::wire::otlp {

/// Of a text in a std::string: short ones lie inside their object.
inline std::uint64_t HeapOf(std::string_view text) {
  return text.size() < 16 ? 0 : text.size() + 17;
}

/// A vector that grows holds up to twice what is in it, and is beside its predecessor meanwhile.
template <typename Row>
std::uint64_t RowBytes(std::size_t count) {
  return count * sizeof(Row) * 2;
}

}  // namespace clew::wire::otlp
