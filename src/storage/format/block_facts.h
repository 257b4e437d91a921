#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "storage/format/block.h"

namespace clew::storage {

/// What is known of a block, as bytes (docs/formats/block.md, "The file known-blocks"). Of its log
/// ranges only the last is in there.
std::string EncodeBlockFacts(const BlockFacts& facts);
/// Nothing when they are not well formed.
std::optional<BlockFacts> DecodeBlockFacts(std::string_view bytes);

}  // namespace clew::storage
