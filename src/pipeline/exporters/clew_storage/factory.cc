#include "pipeline/exporters/clew_storage/factory.h"

#include "pipeline/exporters/clew_storage/config.h"
#include "pipeline/exporters/clew_storage/storage_exporter.h"

namespace clew::pipeline::exporters::clew_storage {
namespace {

Result<std::unique_ptr<Exporter>> Create(const CreateSettings& settings, const Section& section) {
  return std::make_unique<StorageExporter>(settings, static_cast<const Config&>(section));
}

}  // namespace

Factory ClewStorageExporterFactory() {
  Factory factory{};
  factory.kind = ComponentKind::kExporter;
  factory.type = "clew_storage";
  factory.description = "Makes spans durable and searchable in the clew_storage extension.";
  factory.make_config = [] { return std::make_unique<Config>(); };
  factory.create_exporter = Create;
  factory.placement = Placement::kAtLog;
  return factory;
}

}  // namespace clew::pipeline::exporters::clew_storage
