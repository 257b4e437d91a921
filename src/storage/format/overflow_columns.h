#pragma once

#include <string_view>
#include <vector>

#include "scan/span_source.h"
#include "storage/format/column_reader.h"

namespace clew::storage {

/// Adds the attribute columns of the overflow page that are shown under `key`. When the page is
/// lost, one that has lost all values, and tells it in `damage`.
Status AddOverflowColumns(const ColumnReader& reader, model::Owner owner, std::string_view key,
                          std::vector<scan::ColumnPtr>* columns, Damage* damage);

/// The same of how many values each of them has, of all keys; none when the page is lost.
Status AddOverflowCounts(const ColumnReader& reader, std::vector<scan::AttributeCount>* attributes,
                         Damage* damage);

}  // namespace clew::storage
