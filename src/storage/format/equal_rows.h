#pragma once

#include <cstdint>
#include <vector>

#include "storage/format/merged_batches.h"

namespace clew::storage {

/// Makes one table of those that the batches have of resources, or of scopes: rows that are equal
/// in all columns and attributes become one, at the place of the first. Gives for each batch, for
/// each of its rows, the new row.
std::vector<std::vector<std::uint32_t>> MergeEqualRows(
    const std::vector<model::SpanColumnsPtr>& batches, model::Owner owner, MergedTable* table);

}  // namespace clew::storage
