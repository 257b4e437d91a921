#include "pipeline/extensions/clew_storage/factory.h"

#include "pipeline/extensions/clew_storage/config.h"
#include "pipeline/extensions/clew_storage/storage_extension.h"

namespace clew::pipeline::extensions::clew_storage {
namespace {

Result<std::unique_ptr<Extension>> Create(const CreateSettings& settings, const Section& section) {
  return std::make_unique<StorageExtension>(settings.id, static_cast<const Config&>(section));
}

}  // namespace

Factory ClewStorageExtensionFactory() {
  Factory factory{};
  factory.kind = ComponentKind::kExtension;
  factory.type = "clew_storage";
  factory.description = "Keeps spans: log, head and blocks on the local disk.";
  factory.make_config = [] { return std::make_unique<Config>(); };
  factory.create_extension = Create;
  return factory;
}

}  // namespace clew::pipeline::extensions::clew_storage
