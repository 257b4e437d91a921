#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "storage/format/block_footer.h"

namespace clew::storage {

/// The fact of a footer that names the blocks which a block replaces (docs/formats/block.md).
std::string EncodeReplacesFact(const std::vector<std::string>& names);
/// Into `meta`, whose tenant and time of creation are there. False when it is not well formed, or
/// names what no block may replace (MayReplace).
bool DecodeReplacesFact(std::string_view fact, BlockMeta* meta);

/// Whether a block with this meta may name that one: a block of the same tenant, made before it, so
/// that no two replace each other.
bool MayReplace(const BlockMeta& meta, std::string_view name);

}  // namespace clew::storage
