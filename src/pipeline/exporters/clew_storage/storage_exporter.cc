#include "pipeline/exporters/clew_storage/storage_exporter.h"

#include <chrono>
#include <utility>

#include "storage/storage_provider.h"

namespace clew::pipeline::exporters::clew_storage {

StorageExporter::StorageExporter(const CreateSettings& settings, const Config& config)
    : config_(config), counters_(settings.id, settings.host.metrics()) {}

Status StorageExporter::Start(Host& host) {
  const auto provider =
      std::dynamic_pointer_cast<storage::StorageProvider>(host.FindExtension(config_.storage));
  if (provider == nullptr) {
    return NotFound(
        "no clew_storage extension \"{}\" runs: configure it under extensions and list it under "
        "service::extensions",
        config_.storage);
  }
  const std::scoped_lock lock(mutex_);
  storage_ = provider->storage();
  return {};
}

void StorageExporter::Stop(Deadline) {
  // Calls under way go on; the extension waits for them.
  std::shared_ptr<storage::Storage> stopped;  // outlives the lock
  const std::scoped_lock lock(mutex_);
  stopped = std::exchange(storage_, nullptr);
}

Result<Receipt> StorageExporter::Consume(const model::TraceBatchPtr& batch,
                                         const Context& context) {
  const auto span_count = static_cast<double>(batch->span_count());
  std::shared_ptr<storage::Storage> storage;
  {
    const std::scoped_lock lock(mutex_);
    storage = storage_;
  }
  if (storage == nullptr) {
    counters_.send_failed_spans.Increment(span_count);
    return std::unexpected(Error{Code::kUnavailable, "the store has been stopped, try again",
                                 std::chrono::seconds(1)});
  }
  const Status status = storage->Append(batch, context.tenant, context.pipeline);
  if (!status.has_value()) {
    counters_.send_failed_spans.Increment(span_count);
    return std::unexpected(status.error());
  }
  counters_.sent_spans.Increment(span_count);
  return Receipt{};
}

}  // namespace clew::pipeline::exporters::clew_storage
