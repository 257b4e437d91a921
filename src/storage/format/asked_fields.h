#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "expr/field.h"
#include "storage/format/row_group_directory.h"

namespace clew::storage {

/// A field that is stored as it is asked for. Of a text, and of a number that stands for a word,
/// the filters of blocks know the values.
struct AskedField {
  expr::Field asked;
  ColumnField stored;
  /// By what its values are counted for lists of tags.
  enum class Counted : std::uint8_t { kNot, kByColumn, kByOperations } counted = Counted::kNot;
};

inline constexpr auto kAskedFields = [] {
  using enum AskedField::Counted;
  using expr::Field;
  return std::to_array<AskedField>({
      {Field::kSpanId, ColumnField::kSpanId},
      {Field::kName, ColumnField::kName, kByOperations},
      {Field::kStatusMessage, ColumnField::kStatusMessage, kByColumn},
      {Field::kTraceState, ColumnField::kTraceState},
      {Field::kKind, ColumnField::kKind, kByOperations},
      {Field::kStatus, ColumnField::kStatusCode, kByColumn},
      {Field::kResourceSchemaUrl, ColumnField::kResourceSchemaUrl},
      {Field::kScopeName, ColumnField::kScopeName, kByColumn},
      {Field::kScopeVersion, ColumnField::kScopeVersion, kByColumn},
      {Field::kScopeSchemaUrl, ColumnField::kScopeSchemaUrl},
      {Field::kEventName, ColumnField::kEventName, kByColumn},
      {Field::kEventTimeSinceStart, ColumnField::kEventTime},
      {Field::kLinkTraceId, ColumnField::kLinkTraceId},
      {Field::kLinkSpanId, ColumnField::kLinkSpanId},
      {Field::kLinkTraceState, ColumnField::kLinkTraceState},
  });
}();

/// Null for what is made of several columns, or of attributes.
constexpr const AskedField* FindAsked(expr::Field asked) {
  const auto* found = std::ranges::find(kAskedFields, asked, &AskedField::asked);
  return found == kAskedFields.end() ? nullptr : found;
}
/// Null for what nobody can ask for by itself.
constexpr const AskedField* FindAsked(ColumnField stored) {
  const auto* found = std::ranges::find(kAskedFields, stored, &AskedField::stored);
  return found == kAskedFields.end() ? nullptr : found;
}

}  // namespace clew::storage
