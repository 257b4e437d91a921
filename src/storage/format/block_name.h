#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/vocabulary.h"
#include "storage/object_store/object_store.h"

/// What blocks are called in the object store.
namespace clew::storage {

/// "blocks/<tenant>/<day>/<created>-<random>.block": sorts by tenant, then time of creation.
std::string BlockName(const TenantId& tenant, UnixNanos created_at, std::uint64_t random);
/// When the block of this name was made; nothing when it is no such name.
std::optional<UnixNanos> CreatedAtOf(std::string_view name);
/// What the store listed; a block when it has the name of one, also if the store could not tell
/// whether it is a folder.
ObjectInfo ByItsName(ObjectInfo listed);
/// Where all blocks are.
inline constexpr std::string_view kBlockPrefix = "blocks/";

}  // namespace clew::storage
