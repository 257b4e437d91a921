#pragma once

#include <cstdint>
#include <vector>

#include "base/vocabulary.h"
#include "traceql/metrics/labels.h"

/// Series while they are reckoned with: a value for each bucket.
namespace clew::traceql::metrics {

/// A span that stands for a point.
struct PlacedExemplar {
  std::uint32_t bucket = 0;
  UnixNanos time = 0;
  /// kNoValue: that of the point.
  double value = 0;
  Labels labels{};
};

struct Row {
  Labels labels{};
  /// kNoValue where there is no point.
  std::vector<double> values{};
  std::vector<PlacedExemplar> exemplars{};
};

using Table = std::vector<Row>;

/// Removes series without a point.
void DropEmpty(Table* table);

}  // namespace clew::traceql::metrics
