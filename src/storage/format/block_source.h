#pragma once

#include <string>
#include <vector>

#include "storage/format/block.h"

namespace clew::storage {

/// The row groups of a block with this outline, as something to scan. They keep what tells whether
/// they are worth reading; their directories are read when they are asked for more, and kept by
/// `reading.directories` as long as it has room. DATA_LOSS when the footer is not what it was. They
/// hold `use`.
std::vector<scan::SpanSourcePtr> MakeBlockSources(const BlockReading& reading,
                                                  const std::string& name,
                                                  std::shared_ptr<const BlockOutline> outline,
                                                  std::shared_ptr<const FilterReader> filters,
                                                  BlockUsePtr use);

}  // namespace clew::storage
