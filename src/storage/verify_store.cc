#include "storage/verify_store.h"

#include <utility>

#include "storage/catalogue/inventory.h"

namespace clew::storage {

Result<std::vector<base::Damage>> VerifyInventory(const std::string& path, ObjectStore& objects,
                                                  const std::vector<ObjectInfo>& listed) {
  ASSIGN_OR_RETURN(Inventory::Found found, Inventory(path).Load(!listed.empty()));
  std::vector<base::Damage> damages = std::move(found.damages);
  for (const auto& [name, size] : MissingOf(std::move(found.blocks), listed)) {
    // Or it was written since.
    const Result<ObjectInfo> info = objects.Stat(name);
    if (info.has_value() || info.error().code != Code::kNotFound) continue;
    damages.push_back({.path = name,
                       .size_bytes = size,
                       .what = "the whole block: it is gone, and clew did not delete it",
                       .kind = base::Damage::Kind::kMissing});
  }
  return damages;
}

}  // namespace clew::storage
