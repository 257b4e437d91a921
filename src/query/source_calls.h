#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/vocabulary.h"
#include "query/call_join.h"
#include "scan/trace_trees.h"

namespace clew::query {

/// The times between which a span has to start for its call to count.
struct CallTimes {
  UnixNanos start_min = 0;
  UnixNanos start_max = 0;

  bool Has(UnixNanos start) const { return start >= start_min && start <= start_max; }
};

/// By which the traces of a question are known: nobody who sends spans knows what it makes of an
/// id.
class TraceHash {
 public:
  /// Another one for each process.
  TraceHash();
  explicit TraceHash(std::uint64_t seed) : seed_(seed) {}

  std::size_t operator()(const TraceId& id) const {
    return base::Hash64({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()}, seed_);
  }

 private:
  std::uint64_t seed_;
};

/// What one source knows of calls.
struct SourceCalls {
  /// By the numbers that the spans have of them.
  std::vector<std::string> services;
  /// By the last unit of their traces (call_join.h).
  std::map<std::uint32_t, PartedFragments> fragments;
  /// The last unit of all traces, also of those that are not wanted.
  std::uint32_t last_unit = 0;
};

/// Which traces are wanted.
struct WantedCalls {
  TraceHash hash;
  /// The last unit of each trace, by its hash.
  std::function<std::vector<std::uint32_t>(std::span<const std::size_t> hashes)> last_units_of;
  /// Whether those of that unit and part are wanted.
  std::function<bool(std::uint32_t unit, std::size_t part)> takes;
};

/// `services` is by resource; `times` null: all spans start in time, and starts are not needed. Any
/// thread.
SourceCalls CallsOf(const scan::TraceTrees& trees, const std::vector<std::string>& services,
                    const CallTimes* times, const WantedCalls& wanted);

}  // namespace clew::query
