#pragma once

#include "scan/span_source.h"
#include "storage/format/table_writer.h"

namespace clew::storage {

/// Writes the tables beside that of spans: resources, scopes, events and links; of events and links
/// whose they are, too. `stats` hears how many rows they have.
void WriteRelatedTables(const MergedBatches& merged, TableWriter* writer, PageWriter* pages,
                        scan::SourceStats* stats);

}  // namespace clew::storage
