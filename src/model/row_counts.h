#pragma once

#include <cstddef>

namespace clew::model {

/// How many rows the tables of a batch will have, as far as somebody has counted: for these, room
/// is made at once and in the right size. There may be more or fewer.
struct RowCounts {
  RowCounts() = default;
  // Not explicit: most know the spans alone, and say just their number.
  RowCounts(std::size_t span_count) : spans(span_count) {}  // NOLINT(google-explicit-constructor)

  std::size_t spans = 0;
  std::size_t resources = 0;
  std::size_t scopes = 0;
  std::size_t events = 0;
  std::size_t links = 0;
};

}  // namespace clew::model
