#pragma once

#include <string>
#include <vector>

#include "storage/format/block.h"

namespace clew::storage {

/// The row groups of a block that was opened as `layout`, as something to scan. They keep what
/// tells whether they are worth reading; their directories are read when they are asked for more,
/// and kept by `reading.directories` as long as it has room. DATA_LOSS when the footer is not what
/// it was.
std::vector<scan::SpanSourcePtr> MakeBlockSources(const BlockReading& reading,
                                                  const std::string& name,
                                                  const BlockLayout& layout);

}  // namespace clew::storage
