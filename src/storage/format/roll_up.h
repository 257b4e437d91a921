#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scan/span_source.h"
#include "storage/format/row_group.h"

namespace clew::storage {

/// The operations of a whole block, by service, name and kind, each once: for lists of names, with
/// one read instead of several a row group (docs/formats/block.md).
using RollUp = std::vector<scan::OperationCount>;

/// A block with more has no roll-up: it is read row group by row group.
inline constexpr std::size_t kRolledOperationsMax = 8192;
/// Nor has one in which it is larger, before it is packed.
inline constexpr std::uint64_t kRollUpBytesMax = 1u << 20;

/// Of all spans of the row groups; empty when that is more than a roll-up may hold.
std::string MakeRollUp(std::span<const std::shared_ptr<const RowGroup>> row_groups);
/// Nothing when it is not well formed.
std::optional<RollUp> DecodeRollUp(std::string_view page);

}  // namespace clew::storage
