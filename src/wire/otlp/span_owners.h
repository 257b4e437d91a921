#pragma once

#include <cstdint>
#include <string_view>

#include "wire/otlp/decode_state.h"

namespace clew::wire::otlp {

/// Reads Resource messages into a row of the table of resources, and InstrumentationScope messages
/// into one of the table of scopes. Messages that come in parts are one. Throws protozero's
/// exceptions. One thread.
class SpanOwners {
 public:
  /// `state` outlives it.
  explicit SpanOwners(DecodeState& state) : state_(state) {}

  /// What comes next is of another row, the last.
  AttributeScatter::Row BeginResource();
  void Resource(std::string_view message, AttributeScatter::Row& row);
  void EndResource(const AttributeScatter::Row& row);

  AttributeScatter::Row BeginScope();
  void Scope(std::string_view message, AttributeScatter::Row& row);
  void EndScope(const AttributeScatter::Row& row);

 private:
  void EntityRef(std::string_view message, std::string_view field);

  DecodeState& state_;
  JoinedViews entities_;  // of the resource that is read
  std::uint64_t entity_ref_count_ = 0;
};

}  // namespace clew::wire::otlp
