#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/vocabulary.h"

namespace clew::query {

/// What one operator of a plan did.
struct OperatorStats {
  /// What it gave: spans, traces, series, names, links.
  std::uint64_t rows = 0;
  std::uint64_t row_groups_read = 0;
  std::uint64_t row_groups_skipped = 0;
  /// Of those that were skipped: by a filter of their values.
  std::uint64_t row_groups_filtered = 0;
  std::uint64_t spans_scanned = 0;
  /// Traces that were not looked at, as their columns say that they do not match.
  std::uint64_t traces_ruled_out = 0;
  /// Row groups whose trees were read, each time.
  std::uint64_t trees_read = 0;
  /// Traces kept at the same time as they might be in the answer.
  std::uint64_t candidates_max = 0;
  /// Pages that were read, each time; not what lies decoded in a cache.
  std::uint64_t pages_read = 0;
  std::uint64_t bytes_read = 0;
  /// Pages of row groups of which some were read, that were not.
  std::uint64_t pages_skipped = 0;
  /// Of those: as the range of their values leaves them out.
  std::uint64_t pages_out_of_range = 0;
  Nanos time{0};
};

/// What an answer cost.
struct QueryStats {
  /// In the order of Explain: an operator before its inputs.
  std::vector<OperatorStats> operators{};

  /// Of the operator at that place in the order.
  OperatorStats& At(std::size_t place) {
    if (operators.size() <= place) operators.resize(place + 1);
    return operators[place];
  }
};

}  // namespace clew::query
