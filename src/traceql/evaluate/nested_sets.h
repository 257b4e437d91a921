#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "model/span_columns.h"

namespace clew::traceql::evaluate {

/// In place of a row: there is none.
inline constexpr std::uint32_t kNoRow = std::numeric_limits<std::uint32_t>::max();

/// How the spans of a trace hang together, a value a row.
///
/// A parent is the span with the id that is named; of two with that id (client and server of one
/// call, as Zipkin has them) the one for which the kinds speak: a server's or consumer's parent is
/// no server or consumer itself, and everything else hangs below the server.
///
/// The numbers are those of nested sets: a walk from each root, depth first, siblings and roots by
/// start, then row, gives each span a number when it comes and one when it goes. What is in no tree
/// with a root (a parent is missing, a ring) has none; nothing has, when an id is there more than
/// twice.
struct NestedSets {
  std::vector<std::uint32_t> parents;
  /// Direct ones, numbered or not.
  std::vector<std::uint32_t> child_counts;
  /// 0: it has no number.
  std::vector<std::uint32_t> lefts;
  std::vector<std::uint32_t> rights;
  /// Rows that have numbers, by `lefts`.
  std::vector<std::uint32_t> walk;

  bool IsNumbered(std::uint32_t row) const { return lefts[row] != 0; }
  /// The left number of the parent; -1 of a root, 0 of what has no number.
  std::int64_t ParentNumber(std::uint32_t row) const {
    if (!IsNumbered(row)) return 0;
    return parents[row] == kNoRow ? -1 : static_cast<std::int64_t>(lefts[parents[row]]);
  }
};

/// `order` are the rows by start, then row. O(n), without recursion.
NestedSets NumberSpans(const model::SpanColumns& spans, std::span<const std::uint32_t> order);

}  // namespace clew::traceql::evaluate
