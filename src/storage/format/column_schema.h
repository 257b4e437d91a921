#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/vocabulary.h"
#include "storage/format/row_group_directory.h"

namespace clew::storage {

/// Whose rows the values of a column belong to.
enum class ColumnTable {
  kTraces,
  kSpans,
  kResources,
  kScopes,
  kEvents,
  kLinks,
  kOperations,
  kNone,
};

enum class ColumnContent { kNumbers, kTexts, kFixed8, kFixed16, kNothing, kOverflow };

/// What is known beforehand of a column that is no attribute.
struct ColumnSchema {
  ColumnField field;
  std::string_view name;
  ColumnTable table;
  ColumnContent content;
  bool is_optional = false;
};

/// The column of a field of model/field_list.h.
template <typename Field>
inline constexpr auto kColumnOf = static_cast<ColumnField>(Field::stored);

/// Whether the column of a field holds its values as they are. The others are written and read by
/// rules of their own (trace_columns.h, related_tables.h, span_reader.h).
constexpr bool IsPlain(ColumnField field) {
  using enum ColumnField;
  return field != kTraceId && field != kParent && field != kStartOffset && field != kDuration &&
         field != kEventTime;
}

/// All that a row group has besides attributes, by field.
std::span<const ColumnSchema> ColumnSchemas();
/// Null when there is no such field, and for attributes.
const ColumnSchema* SchemaOf(ColumnField field);

/// For people: "span name", "attribute \"http.method\" (string) of spans".
std::string NameOf(const ColumnEntry& column);

std::uint32_t RowCountOf(const RowGroupDirectory& directory, ColumnTable table);
constexpr ColumnTable TableOf(model::Owner owner) {
  switch (owner) {
    case model::Owner::kResource:
      return ColumnTable::kResources;
    case model::Owner::kScope:
      return ColumnTable::kScopes;
    case model::Owner::kEvent:
      return ColumnTable::kEvents;
    case model::Owner::kLink:
      return ColumnTable::kLinks;
    case model::Owner::kSpan:
      break;
  }
  return ColumnTable::kSpans;
}
/// The rows of the table that a column belongs to.
std::uint32_t TableRowsOf(const RowGroupDirectory& directory, const ColumnEntry& column);

/// That there are spans, and not more of anything than a reader takes: before what is said of each
/// zone of them is read.
Status CheckCounts(const RowGroupDirectory& directory, bool is_zoned);

/// Everything else that readers rely on without looking again: that each column is there once,
/// holds what its field holds, has as many values as its table has rows and a page for each zone,
/// and that pages lie inside the row group. DATA_LOSS names the column. What pages hold is checked
/// when they are read.
Status CheckDirectory(const RowGroupDirectory& directory);

}  // namespace clew::storage
