#include "pipeline/exporters/debug/factory.h"

#include "pipeline/exporters/debug/config.h"
#include "pipeline/exporters/debug/debug_sender.h"
#include "pipeline/sending/sending_exporter.h"

namespace clew::pipeline::exporters::debug {
namespace {

Result<std::unique_ptr<Exporter>> Create(const CreateSettings& settings, const Section& section) {
  const auto& config = static_cast<const Config&>(section);
  sending::SendingOptions options;
  options.sections.is_retry_enabled = false;
  options.sections.is_queue_enabled = config.is_queue_enabled;
  options.sections.queue = config.queue;
  return std::make_unique<sending::SendingExporter>(
      settings, options,
      [id = settings.id, config, &host = settings.host](const ExporterCounters&) {
        return DebugSender::Create(id, config, host.clock());
      });
}

}  // namespace

Factory DebugExporterFactory() {
  Factory factory{};
  factory.kind = ComponentKind::kExporter;
  factory.type = "debug";
  factory.description = "Shows items in the log or on standard output.";
  factory.signals = model::SignalSet::All();
  factory.make_config = [] { return std::make_unique<Config>(); };
  factory.create_exporter = Create;
  return factory;
}

}  // namespace clew::pipeline::exporters::debug
