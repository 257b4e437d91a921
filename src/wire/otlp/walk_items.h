#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/vocabulary.h"
#include "wire/otlp/signal_shape.h"

namespace clew::wire::otlp {

/// How deep messages may lie within each other: lists of attribute values take two levels each.
inline constexpr std::size_t kMessageDepthMax = 544;

/// What a walk over a request finds.
struct ItemCounts {
  static constexpr std::size_t kLevelsMax = 5;

  /// By level: resources, scopes, …
  std::array<std::uint64_t, kLevelsMax> by_level{};

  std::uint64_t resource_count() const { return by_level[0]; }
  /// What a batch of the signal counts as its items.
  std::uint64_t item_count(const SignalShape& shape) const {
    return by_level[shape.levels.size() - 1];
  }
};

/// How far a walk looks.
enum class WalkDepth : std::uint8_t {
  /// Down to the fields of items.
  kItems,
  /// Into all that OTLP knows, so that whoever reads it later does not fail: messages, numbers, ids
  /// and packed lists. Texts are not looked into.
  kEverything,
};

/// Walks a request by its schema. INVALID_ARGUMENT names the byte offset.
Result<ItemCounts> WalkItems(const SignalShape& shape, std::string_view request, WalkDepth depth);

}  // namespace clew::wire::otlp
