#pragma once

#include <vector>

#include "storage/block.h"

namespace clew::storage {

/// Sorted, with neighbours and overlaps joined.
std::vector<LogRange> JoinRanges(std::vector<LogRange> ranges);

/// True when one of the joined `ranges` holds [begin, end).
bool Covers(const std::vector<LogRange>& ranges, const log::Appended& where);

}  // namespace clew::storage
