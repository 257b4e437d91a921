#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/vocabulary.h"
#include "query/call_join.h"
#include "scan/trace_trees.h"

namespace clew::query {

/// The times between which a span has to start for its call to count.
struct CallTimes {
  UnixNanos start_min = 0;
  UnixNanos start_max = 0;

  bool Has(UnixNanos start) const { return start >= start_min && start <= start_max; }
};

/// What one source knows of calls.
struct SourceCalls {
  /// By the numbers that the spans have of them.
  std::vector<std::string> services;
  /// By the last unit of their traces (call_join.h).
  std::map<std::uint32_t, PartedFragments> fragments;
};

/// `services` is by resource; `times` null: all spans start in time, and starts are not needed.
/// `last_unit_of(hash)` is that of a trace, and `takes(unit)` whether such traces are wanted. Any
/// thread.
SourceCalls CallsOf(const scan::TraceTrees& trees, const std::vector<std::string>& services,
                    const CallTimes* times,
                    const std::function<std::uint32_t(std::size_t hash)>& last_unit_of,
                    const std::function<bool(std::uint32_t unit)>& takes);

}  // namespace clew::query
