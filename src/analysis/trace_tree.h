#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/trace_data.h"

namespace clew::analysis {

/// The spans of a trace as a waterfall shows them: depth first, siblings by start, then span id.
/// Every span occurs once, whatever its parent says: one whose parent is absent is a root marked
/// `is_orphan`; a ring of parents is opened at its earliest span. Of spans that share an id the
/// first in the trace is the parent. O(n log n), no recursion.
struct TraceTree {
  static constexpr std::uint32_t kNoParent = static_cast<std::uint32_t>(-1);

  struct Node {
    std::uint32_t span = 0;            // index into TraceData::spans
    std::uint32_t parent = kNoParent;  // index into nodes, always before this one
    std::uint32_t depth = 0;           // 0: root
    std::uint32_t child_count = 0;     // direct ones
    bool is_last_child = true;         // of its parent, or of the roots
    bool is_orphan = false;
  };
  std::vector<Node> nodes;
};

/// Fewer than 2^32 - 1 spans.
TraceTree BuildTraceTree(const model::TraceData& trace);

}  // namespace clew::analysis
