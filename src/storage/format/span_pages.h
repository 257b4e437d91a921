#pragma once

#include <cstdint>
#include <span>

#include "scan/span_source.h"
#include "storage/format/page_reader.h"
#include "storage/format/row_group_directory.h"

namespace clew::storage {

/// The pages that reading the spans at `rows`, which ascend, surely takes, and can be told without
/// reading any: of each column with a value on every row the zones, of the others which rows have
/// one; of events and links which spans they are of. Not: values of what is on some rows, and
/// texts. At least one row.
PagePlan PagesOfSpans(const RowGroupDirectory& directory, std::span<const std::uint32_t> rows,
                      scan::ReadExtent extent);

/// The same of these rows of events and of links, which ascend, once it is known whose they are.
PagePlan PagesOfChildren(const RowGroupDirectory& directory, std::span<const std::uint32_t> events,
                         std::span<const std::uint32_t> links);

}  // namespace clew::storage
