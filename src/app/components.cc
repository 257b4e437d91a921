#include "app/components.h"

#include "pipeline/connectors/forward/factory.h"
#include "pipeline/exporters/clew_storage/factory.h"
#include "pipeline/exporters/debug/factory.h"
#include "pipeline/exporters/file/factory.h"
#include "pipeline/exporters/nop/factory.h"
#include "pipeline/exporters/otlp_grpc/factory.h"
#include "pipeline/exporters/otlp_http/factory.h"
#include "pipeline/extensions/clew_query/factory.h"
#include "pipeline/extensions/clew_storage/factory.h"
#include "pipeline/extensions/health_check/factory.h"
#include "pipeline/processors/batch/factory.h"
#include "pipeline/processors/memory_limiter/factory.h"
#include "pipeline/receivers/otlp/factory.h"

namespace clew::app {

std::vector<pipeline::Factory> ComponentFactories() {
  using namespace pipeline;  // NOLINT(google-build-using-namespace): a list and nothing else
  return {
      receivers::otlp::OtlpReceiverFactory(),
      processors::batch::BatchProcessorFactory(),
      processors::memory_limiter::MemoryLimiterFactory(),
      exporters::clew_storage::ClewStorageExporterFactory(),
      exporters::debug::DebugExporterFactory(),
      exporters::file::FileExporterFactory(),
      exporters::nop::NopExporterFactory(),
      exporters::otlp_grpc::OtlpGrpcExporterFactory(),
      exporters::otlp_http::OtlpHttpExporterFactory(),
      connectors::forward::ForwardConnectorFactory(),
      extensions::clew_query::ClewQueryExtensionFactory(),
      extensions::clew_storage::ClewStorageExtensionFactory(),
      extensions::health_check::HealthCheckFactory(),
  };
}

}  // namespace clew::app
