#include "pipeline/extensions/health_check/factory.h"

#include "pipeline/extensions/health_check/config.h"
#include "pipeline/extensions/health_check/health_check.h"

namespace clew::pipeline::extensions::health_check {

Factory HealthCheckFactory() {
  Factory factory{};
  factory.kind = ComponentKind::kExtension;
  factory.type = "health_check";
  factory.description = "Says over HTTP whether the process runs and takes spans.";
  factory.make_config = [] { return std::make_unique<Config>(); };
  factory.create_extension = [](const CreateSettings& settings,
                                const Section& config) -> Result<std::unique_ptr<Extension>> {
    return std::make_unique<HealthCheck>(settings, static_cast<const Config&>(config));
  };
  return factory;
}

}  // namespace clew::pipeline::extensions::health_check
