#pragma once

#include <cstdint>

#include "pipeline/config/binder.h"

namespace clew::pipeline::processors::memory_limiter {

/// collector-config.md section 7, memory_limiter. The gc keys say how often memory that was freed
/// is given back to the system: what stands in for the Collector's garbage collection.
class Config final : public Section {
 public:
  void Describe(Binder& binder) override;
  void Validate(Problems& problems) const override;

  Nanos check_interval{0};
  std::uint64_t limit_mib = 0;
  std::uint64_t spike_limit_mib = 0;
  std::uint64_t limit_percentage = 0;
  std::uint64_t spike_limit_percentage = 0;
  Nanos min_gc_interval_when_soft_limited{std::chrono::seconds(10)};
  Nanos min_gc_interval_when_hard_limited{0};
  Nanos max_gc_interval_when_soft_limited{std::chrono::seconds(30)};
  Nanos max_gc_interval_when_hard_limited{std::chrono::seconds(30)};
};

}  // namespace clew::pipeline::processors::memory_limiter
