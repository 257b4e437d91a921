#include "pipeline/processors/batch/factory.h"

#include "pipeline/processors/batch/batch_processor.h"
#include "pipeline/processors/batch/config.h"

namespace clew::pipeline::processors::batch {

Factory BatchProcessorFactory() {
  Factory factory{};
  factory.kind = ComponentKind::kProcessor;
  factory.type = "batch";
  factory.description = "Puts small batches together and cuts large ones.";
  // As in the Collector: requests of profiles are not joined.
  factory.signals = {model::Signal::kTraces, model::Signal::kMetrics, model::Signal::kLogs};
  factory.make_config = [] { return std::make_unique<Config>(); };
  factory.create_processor = [](const CreateSettings& settings, const Section& config,
                                Consumer& next) -> Result<std::unique_ptr<Processor>> {
    return std::make_unique<BatchProcessor>(settings, static_cast<const Config&>(config), next);
  };
  factory.placement = Placement::kBehindLogRegrouping;
  return factory;
}

}  // namespace clew::pipeline::processors::batch
