#pragma once

#include <cstddef>
#include <span>

#include "query/known_repeats.h"
#include "query/scan.h"

namespace clew::query {

/// The repeated traces among the sources of the scan at `places`, which ascend. What equals another
/// span starts when that does, so that sources in which no span starts in time need not be there.
/// What is known of them is taken from `known`, and what is found out goes there.
///
/// Unless `is_spread_asked`, `spread` need not be all (may_be_spread_further): then new sources
/// are compared with those of their times alone.
///
/// Sources that cannot be read are noted, and have none. RESOURCE_EXHAUSTED when there are too many
/// traces to be told apart in memory.
Result<RepeatedTraces> FindRepeated(const Scan& scan, std::span<const std::size_t> places,
                                    KnownRepeats& known, bool is_spread_asked);

}  // namespace clew::query
