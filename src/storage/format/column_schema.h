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
};

/// All that a row group has besides attributes, by field; the last, kOverflow, is optional.
std::span<const ColumnSchema> ColumnSchemas();
/// Null when there is no such field, and for attributes.
const ColumnSchema* SchemaOf(ColumnField field);

/// For people: "span name", "attribute \"http.method\" (string) of spans".
std::string NameOf(const ColumnEntry& column);

std::uint32_t RowCountOf(const RowGroupDirectory& directory, ColumnTable table);
ColumnTable TableOf(model::Owner owner);
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
