#include "pipeline/exporters/clew_storage/storage_exporter.h"

#include "storage/storage_provider.h"

namespace clew::pipeline::exporters::clew_storage {

StorageExporter::StorageExporter(const CreateSettings& settings, const Config& config)
    : config_(config),
      sent_(settings.host.metrics().Counter("otelcol_exporter_sent_spans",
                                            "Spans that were taken by the destination.",
                                            {{"exporter", settings.id}})),
      failed_(settings.host.metrics().Counter("otelcol_exporter_send_failed_spans",
                                              "Spans that the destination did not take.",
                                              {{"exporter", settings.id}})) {}

Status StorageExporter::Start(Host& host) {
  auto* provider = dynamic_cast<storage::StorageProvider*>(host.FindExtension(config_.storage));
  if (provider == nullptr) {
    return NotFound(
        "no clew_storage extension \"{}\" runs: configure it under extensions and list it under "
        "service::extensions",
        config_.storage);
  }
  storage_ = &provider->storage();
  return {};
}

void StorageExporter::Stop(Deadline) {}

Result<Receipt> StorageExporter::Consume(const model::TraceBatchPtr& batch,
                                         const Context& context) {
  const auto span_count = static_cast<double>(batch->span_count());
  const Status status = storage_->Append(batch, context.tenant, context.pipeline);
  if (!status.has_value()) {
    failed_.Increment(span_count);
    return std::unexpected(status.error());
  }
  sent_.Increment(span_count);
  return Receipt{};
}

}  // namespace clew::pipeline::exporters::clew_storage
