#pragma once

#include <cstddef>

#include "model/value.h"

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

  std::size_t Of(Owner owner) const {
    switch (owner) {
      case Owner::kResource:
        return resources;
      case Owner::kScope:
        return scopes;
      case Owner::kEvent:
        return events;
      case Owner::kLink:
        return links;
      case Owner::kSpan:
        break;
    }
    return spans;
  }
};

}  // namespace clew::model
