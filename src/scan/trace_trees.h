#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/vocabulary.h"

namespace clew::scan {

/// A trace in a source.
struct TraceSize {
  TraceId id;
  std::uint32_t span_count = 0;
};

/// What is asked of trees beside traces and parents.
struct TreeParts {
  bool span_ids = false;
  bool starts = false;
  /// Resources, and parents that are not here.
  bool calls = false;
};

/// How the spans of a source hang together, trace by trace: trace i has the rows
/// [first_rows[i], first_rows[i + 1]).
struct TraceTrees {
  /// In place of a parent: the span names none; it names one that is not here.
  static constexpr std::uint32_t kNoParent = 0xffffffff;
  static constexpr std::uint32_t kParentAway = 0xfffffffe;

  std::vector<TraceId> ids;
  std::vector<std::uint32_t> first_rows;
  /// One a row: that of the parent, in the same trace.
  std::vector<std::uint32_t> parents;
  // One a row each, unless they were not asked for.
  std::vector<SpanId> span_ids;
  std::vector<UnixNanos> starts;
  /// The row of the resource.
  std::vector<std::uint32_t> resources;
  /// Of each row with kParentAway: which it is, ascending, and the parent that it names.
  std::vector<std::uint32_t> away_rows;
  std::vector<SpanId> away_parents;
};
using TraceTreesPtr = std::shared_ptr<const TraceTrees>;

/// What making them takes at most, for each span.
inline constexpr std::uint64_t kTraceTreesBytesPerSpan = 96;

}  // namespace clew::scan
