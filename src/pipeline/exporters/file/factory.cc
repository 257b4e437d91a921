#include "pipeline/exporters/file/factory.h"

#include "pipeline/exporters/file/config.h"
#include "pipeline/exporters/file/file_sender.h"
#include "pipeline/sending/sending_exporter.h"

namespace clew::pipeline::exporters::file {
namespace {

Result<std::unique_ptr<Exporter>> Create(const CreateSettings& settings, const Section& section) {
  const auto& config = static_cast<const Config&>(section);
  const auto make_sender =
      [id = settings.id, config, &host = settings.host](
          const ExporterCounters& counters) -> Result<std::unique_ptr<sending::Sender>> {
    ASSIGN_OR_RETURN(auto file, SharedFile::Open(id, config, host.clock()));
    return std::make_unique<FileSender>(std::move(file), counters);
  };
  // A local disk needs neither queue nor retries: the sender hears at once and tries again.
  sending::SendingOptions options;
  options.sections.is_queue_enabled = false;
  options.sections.is_retry_enabled = false;
  options.is_counted_by_sender = true;
  return std::make_unique<sending::SendingExporter>(settings, options, make_sender);
}

}  // namespace

Factory FileExporterFactory() {
  Factory factory{};
  factory.kind = ComponentKind::kExporter;
  factory.type = "file";
  factory.description = "Writes items to a file, as OTLP JSON lines or protobuf.";
  factory.signals = model::SignalSet::All();
  factory.make_config = [] { return std::make_unique<Config>(); };
  factory.create_exporter = Create;
  return factory;
}

}  // namespace clew::pipeline::exporters::file
