#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "traceql/metrics/labels.h"

namespace clew::traceql::metrics {

struct Sample {
  bool operator==(const Sample&) const = default;

  std::int64_t timestamp_ms = 0;
  double value = 0;
};

struct ShownExemplar {
  Labels labels{};
  double value = 0;
  std::int64_t timestamp_ms = 0;
};

struct Series {
  Labels labels{};
  /// By time; of some buckets there may be none.
  std::vector<Sample> samples{};
  std::vector<ShownExemplar> exemplars{};
};

/// What a metrics query is answered with. Series are in the order of their labels.
struct Answer {
  std::vector<Series> series{};
  /// There are more series than were asked for; `message` says so.
  bool is_partial = false;
  std::string message{};
  /// Some spans stood for others that were not sampled: values are estimates.
  bool is_estimate = false;
};

}  // namespace clew::traceql::metrics
