#include "pipeline/exporters/clew_storage/storage_exporter.h"

#include <chrono>
#include <utility>

#include "storage/storage_provider.h"

namespace clew::pipeline::exporters::clew_storage {

StorageExporter::StorageExporter(const CreateSettings& settings, const Config& config)
    : config_(config), counters_(settings.id, settings.signal(), settings.host.metrics()) {}

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

Result<std::shared_ptr<storage::Storage>> StorageExporter::storage() {
  const std::scoped_lock lock(mutex_);
  if (storage_ != nullptr) return storage_;
  return std::unexpected(
      Error{Code::kUnavailable, "the store has been stopped, try again", std::chrono::seconds(1)});
}

LaterReceipt StorageExporter::Consume(const model::BatchPtr& batch, const Context& context) {
  const auto span_count = static_cast<double>(batch->item_count());
  const auto add = [&]() -> Status {
    ASSIGN_OR_RETURN(const std::shared_ptr<storage::Storage> storage, this->storage());
    return storage->Add(*batch, context.tenant, context.delivery);
  };
  const Status status = add();
  (status.has_value() ? counters_.sent_items : counters_.send_failed_items).Increment(span_count);
  if (!status.has_value()) return std::unexpected(status.error());
  return Receipt{};
}

/// Holds the store until the batch is there.
class StorageExporter::Admitted final : public DirectStore::Admission {
 public:
  Admitted(std::shared_ptr<storage::Storage> storage, storage::Storage::Admission admission,
           const ExporterCounters& counters, double span_count)
      : storage_(std::move(storage)),
        admission_(std::move(admission)),
        counters_(counters),
        span_count_(span_count) {}
  ~Admitted() override {
    if (!is_taken_) counters_.send_failed_items.Increment(span_count_);
  }

  void Take(const log::Appended& where) override {
    storage_->Add(std::move(admission_), where);
    counters_.sent_items.Increment(span_count_);
    is_taken_ = true;
  }

 private:
  const std::shared_ptr<storage::Storage> storage_;
  storage::Storage::Admission admission_;
  const ExporterCounters& counters_;
  const double span_count_;
  bool is_taken_ = false;
};

Result<std::unique_ptr<DirectStore::Admission>> StorageExporter::Admit(const model::BatchPtr& batch,
                                                                       const Context& context) {
  const auto span_count = static_cast<double>(batch->item_count());
  const auto admit = [&]() -> Result<std::unique_ptr<DirectStore::Admission>> {
    ASSIGN_OR_RETURN(std::shared_ptr<storage::Storage> storage, this->storage());
    ASSIGN_OR_RETURN(auto admission, storage->Admit(*batch, context.tenant));
    return std::make_unique<Admitted>(std::move(storage), std::move(admission), counters_,
                                      span_count);
  };
  Result<std::unique_ptr<DirectStore::Admission>> admitted = admit();
  if (!admitted.has_value()) counters_.send_failed_items.Increment(span_count);
  return admitted;
}

}  // namespace clew::pipeline::exporters::clew_storage
