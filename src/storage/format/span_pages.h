#pragma once

#include <cstdint>
#include <span>

#include "scan/span_source.h"
#include "storage/format/page_reader.h"
#include "storage/format/row_group_directory.h"

namespace clew::storage {

/// The pages that reading the spans at `rows`, which ascend, surely takes, and can be told without
/// reading any: of each column with a value on every row the zones, of the others which rows have
/// one; of events and links those that may be of these spans. Not: values of what is on some rows,
/// and texts. At least one row.
PagePlan PagesOfSpans(const RowGroupDirectory& directory, std::span<const std::uint32_t> rows,
                      scan::ReadExtent extent);

}  // namespace clew::storage
