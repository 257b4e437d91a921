#pragma once

#include <vector>

#include "storage/format/block.h"

namespace clew::storage {

/// Sorted, with neighbours and overlaps joined.
std::vector<LogRange> JoinRanges(std::vector<LogRange> ranges);

/// True when one of the joined `ranges` holds [begin, end).
bool Covers(const std::vector<LogRange>& ranges, const log::Appended& where);

/// What of `piece` none of the joined `ranges` holds, ascending.
std::vector<LogRange> Uncovered(const std::vector<LogRange>& ranges, const LogRange& piece);

}  // namespace clew::storage
