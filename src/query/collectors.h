#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "base/vocabulary.h"
#include "traceql/metrics/collector.h"

namespace clew::query {

/// A Collector for each of several threads, which are merged in the end. Any thread, but for what
/// says otherwise.
class Collectors {
 public:
  using Collector = traceql::metrics::Collector;

  /// Both outlive it.
  Collectors(const traceql::metrics::MetricsProgram& program,
             const traceql::metrics::TimeRange& range,
             const traceql::metrics::CollectorLimits& limits)
      : program_(program), range_(range), limits_(limits) {}

  /// Calls add(collector) with one that nobody else uses meanwhile.
  template <typename Add>
  auto With(const Add& add) {
    Collector* const collector = Take();
    auto result = add(collector);
    const std::scoped_lock lock(mutex_);
    free_.push_back(collector);
    return result;
  }

  // No call of With is under way:

  std::uint64_t memory_bytes() const {
    std::uint64_t bytes = 0;
    for (const Collector& collector : all_) bytes += collector.memory_bytes();
    return bytes;
  }
  /// All in one. RESOURCE_EXHAUSTED when that takes too much memory.
  Result<const Collector*> Merge() {
    Collector* const first = Take();
    for (const Collector& other : all_) {
      if (&other != first) TRY(first->Merge(other));
    }
    return first;
  }

 private:
  Collector* Take() {
    const std::scoped_lock lock(mutex_);
    if (free_.empty()) return &all_.emplace_back(program_, range_, limits_);
    Collector* const last = free_.back();
    free_.pop_back();
    return last;
  }

  const traceql::metrics::MetricsProgram& program_;
  const traceql::metrics::TimeRange range_;
  const traceql::metrics::CollectorLimits limits_;
  std::mutex mutex_;
  std::deque<Collector> all_;
  std::vector<Collector*> free_;
};

}  // namespace clew::query
