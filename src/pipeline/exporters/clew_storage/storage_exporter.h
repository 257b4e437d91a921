#pragma once

#include <memory>
#include <mutex>

#include "pipeline/component.h"
#include "pipeline/exporter_counters.h"
#include "pipeline/exporters/clew_storage/config.h"
#include "pipeline/factory.h"
#include "pipeline/follower/direct_store.h"
#include "storage/storage.h"

namespace clew::pipeline::exporters::clew_storage {

/// Hands batches to the store: those of the log stage, or what processors behind the log hand on.
class StorageExporter final : public Exporter, public DirectStore {
 public:
  StorageExporter(const CreateSettings& settings, const Config& config);

  /// NOT_FOUND when there is no extension of that id, or it is no clew_storage.
  Status Start(Host& host) override;
  void Stop(Deadline deadline) override;
  /// Searchable when it returns, and in a block when the store lets go of the delivery token.
  LaterReceipt Consume(const model::BatchPtr& batch, const Context& context) override;
  Result<std::unique_ptr<DirectStore::Admission>> Admit(const model::BatchPtr& batch,
                                                        const Context& context) override;

 private:
  class Admitted;

  /// UNAVAILABLE when it is stopped.
  Result<std::shared_ptr<storage::Storage>> storage();

  const Config config_;
  std::mutex mutex_;
  /// From Start to Stop; each call holds it besides.
  std::shared_ptr<storage::Storage> storage_;
  const ExporterCounters counters_;
};

}  // namespace clew::pipeline::exporters::clew_storage
