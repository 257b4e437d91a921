#include "app/components.h"

#include "pipeline/exporters/clew_storage/factory.h"
#include "pipeline/extensions/clew_query/factory.h"
#include "pipeline/extensions/clew_storage/factory.h"
#include "pipeline/processors/batch/factory.h"
#include "pipeline/processors/memory_limiter/factory.h"
#include "pipeline/receivers/otlp/factory.h"

namespace clew::app {

std::vector<pipeline::Factory> ComponentFactories() {
  return {
      pipeline::receivers::otlp::OtlpReceiverFactory(),
      pipeline::processors::batch::BatchProcessorFactory(),
      pipeline::processors::memory_limiter::MemoryLimiterFactory(),
      pipeline::exporters::clew_storage::ClewStorageExporterFactory(),
      pipeline::extensions::clew_query::ClewQueryExtensionFactory(),
      pipeline::extensions::clew_storage::ClewStorageExtensionFactory(),
  };
}

}  // namespace clew::app
