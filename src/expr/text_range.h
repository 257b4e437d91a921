#pragma once

#include <cstdint>

namespace clew::expr {

/// Where something stands in the text that states a question (a query, a filter, a configuration):
/// bytes `begin` up to `end`. Nowhere when it was not stated in a text.
struct TextRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  bool is_known() const { return end != 0; }
  bool operator==(const TextRange&) const = default;
};

}  // namespace clew::expr
