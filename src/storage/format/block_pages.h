#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "storage/format/page_reader.h"
#include "storage/format/scan_cache.h"
#include "storage/object_store/object_store.h"

namespace clew::storage {

/// The pages of a row group of a block. `cache`, which outlives them as `store` does, is asked
/// first; what it misses is read in one call, and what is to be kept of that stays there under
/// `source_id`, which is a number of it for nobody else.
std::shared_ptr<const PageReader> MakeBlockPages(ObjectStore& store, const std::string& name,
                                                 std::uint64_t offset, ScanCache& cache,
                                                 std::uint64_t source_id);

}  // namespace clew::storage
