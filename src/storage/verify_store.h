#pragma once

#include <string>
#include <vector>

#include "base/damage.h"
#include "storage/object_store/object_store.h"

namespace clew::storage {

/// Reads the inventory at `path` as a server does that starts, and compares it with `listed`: what
/// `objects` listed before, so that what a server writes or deletes meanwhile is not missed.
/// Changes nothing. Of a block that is gone, `path` is its name. An error, as of a server that
/// starts, when the inventory may be sound and cannot be read.
Result<std::vector<base::Damage>> VerifyInventory(const std::string& path, ObjectStore& objects,
                                                  const std::vector<ObjectInfo>& listed);

}  // namespace clew::storage
