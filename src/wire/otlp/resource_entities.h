#pragma once

#include <cstdint>
#include <string_view>

#include "wire/otlp/decode_state.h"

namespace clew::wire::otlp {

/// Collects the entity_refs fields of a resource, as they are encoded. One thread.
class ResourceEntities {
 public:
  /// `state` outlives it.
  explicit ResourceEntities(DecodeState& state) : state_(state) {}

  /// True when `reader` had come to one, and is now behind it. Over the limits it is left out, and
  /// counted. Throws protozero's exceptions.
  bool Read(Reader& reader);
  /// All of them; lives as long as the columns.
  std::string_view Take() { return entities_.Take(state_.attributes.memory()); }

 private:
  DecodeState& state_;
  JoinedViews entities_;
  std::uint64_t count_ = 0;
};

}  // namespace clew::wire::otlp
