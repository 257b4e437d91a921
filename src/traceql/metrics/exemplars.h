#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/vocabulary.h"
#include "traceql/metrics/labels.h"
#include "traceql/metrics/meter.h"

namespace clew::traceql::metrics {

/// The number of a group of an Accumulator.
using Group = std::uint32_t;

/// A span that may stand for its series.
struct Exemplar {
  TraceId trace_id{};
  UnixNanos time = 0;
  /// As it was added to the function; kNoValue of one that counts.
  double value = 0;
  Group group = 0;
  Labels labels{};
};

struct ChosenExemplar {
  std::uint32_t bucket;
  const Exemplar* exemplar;
};

/// Exemplars of one function: at most two of a bucket, of different traces. Which ones does not
/// depend on who came first, so that threads can choose apart: those of the traces with the least
/// hashes, which are others in each bucket, so that no trace is first everywhere. One thread.
class Exemplars {
 public:
  /// With a budget of 0 it wants none. `meter` outlives it.
  Exemplars(std::uint32_t bucket_count, std::uint32_t budget, Meter* meter);

  bool is_wanted() const { return budget_ > 0; }
  /// Whether it may be worth the while to make one. Cheap, and mostly false.
  bool Wants(std::uint32_t bucket, const TraceId& trace_id) const;
  /// RESOURCE_EXHAUSTED when it takes too much memory.
  Status Add(std::uint32_t bucket, Exemplar exemplar);
  /// `groups` says which numbers the groups of the other one have here.
  Status Merge(const Exemplars& other, std::span<const Group> groups);

  /// By bucket: one of a trace, not more than the budget, spread over the time. Views into this.
  std::vector<ChosenExemplar> Choose() const;

 private:
  struct Pair {
    std::array<std::optional<Exemplar>, 2> exemplars;
  };

  static bool ComesBefore(std::uint32_t bucket, const Exemplar& left, const Exemplar& right);

  const std::uint32_t budget_;
  Meter& meter_;
  /// By bucket; none with a budget of 0.
  std::vector<Pair> pairs_;
};

}  // namespace clew::traceql::metrics
