#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/format/block.h"

namespace clew::storage::testing {

/// A block of these row groups, as the store would put it there.
inline Status WriteBlock(ObjectStore& store, const std::string& name, BlockMeta meta,
                         const std::vector<std::shared_ptr<const RowGroup>>& row_groups) {
  return store.PutIfAbsent(name, MakeBlockObject(std::move(meta), row_groups).parts());
}

}  // namespace clew::storage::testing
