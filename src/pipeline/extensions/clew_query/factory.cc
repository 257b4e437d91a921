#include "pipeline/extensions/clew_query/factory.h"

#include <memory>

#include "pipeline/extensions/clew_query/query_extension.h"

namespace clew::pipeline::extensions::clew_query {

pipeline::Factory ClewQueryExtensionFactory() {
  pipeline::Factory factory{};
  factory.kind = pipeline::ComponentKind::kExtension;
  factory.type = "clew_query";
  factory.description = "Answers queries for traces as Jaeger and Tempo do.";
  factory.make_config = [] { return std::make_unique<ClewQueryConfig>(); };
  factory.create_extension =
      [](const pipeline::CreateSettings& settings,
         const pipeline::Section& config) -> Result<std::unique_ptr<pipeline::Extension>> {
    return std::make_unique<QueryExtension>(settings.id,
                                            dynamic_cast<const ClewQueryConfig&>(config));
  };
  return factory;
}

}  // namespace clew::pipeline::extensions::clew_query
