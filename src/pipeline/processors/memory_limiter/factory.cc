#include "pipeline/processors/memory_limiter/factory.h"

#include "base/system_memory.h"
#include "pipeline/processors/memory_limiter/config.h"
#include "pipeline/processors/memory_limiter/memory_gate.h"
#include "pipeline/processors/memory_limiter/memory_limiter.h"

namespace clew::pipeline::processors::memory_limiter {
namespace {

Result<std::unique_ptr<Processor>> Create(const CreateSettings& settings, const Section& section,
                                          Consumer& next) {
  const auto& config = static_cast<const Config&>(section);
  ASSIGN_OR_RETURN(const std::uint64_t total, base::TotalBytes());
  auto gate = std::make_unique<MemoryGate>(config, ThresholdsOf(config, total), base::ResidentBytes,
                                           base::ReleaseFreeMemory);
  return std::make_unique<MemoryLimiter>(settings, config, std::move(gate), next);
}

}  // namespace

Factory MemoryLimiterFactory() {
  Factory factory{};
  factory.kind = ComponentKind::kProcessor;
  factory.type = "memory_limiter";
  factory.description = "Refuses data while the process uses too much memory.";
  factory.signals = model::SignalSet::All();
  factory.make_config = [] { return std::make_unique<Config>(); };
  factory.create_processor = Create;
  return factory;
}

}  // namespace clew::pipeline::processors::memory_limiter
