#pragma once

#include <memory>

#include "log/log.h"
#include "pipeline/component.h"
#include "pipeline/extensions/clew_storage/config.h"
#include "pipeline/follower/log_provider.h"
#include "query/query_provider.h"
#include "query/store_query.h"
#include "storage/object_store/object_store.h"
#include "storage/storage_provider.h"
#include "wire/otlp/codec.h"

namespace clew::pipeline::extensions::clew_storage {

/// Owns the embedded store of the process. Replay of the log runs while receivers already take
/// data; queries wait for it (QueryProvider::is_ready).
class StorageExtension final : public Extension,
                               public LogProvider,
                               public storage::StorageProvider,
                               public query::QueryProvider {
 public:
  explicit StorageExtension(const Config& config);
  ~StorageExtension() override;

  Status Start(Host& host) override;
  void Stop(Deadline deadline) override;

  log::Log& log() override { return *log_; }
  storage::Storage& storage() override { return *storage_; }
  query::QueryService& query() override { return *query_; }
  bool is_ready() const override { return storage_ != nullptr && storage_->is_ready(); }
  Status CheckReady() const override {
    if (is_ready()) return {};
    return base::Unavailable("the log is being replayed");
  }

 private:
  const Config config_;
  const wire::otlp::OtlpCodec codec_;
  std::unique_ptr<log::Log> log_;
  std::unique_ptr<storage::ObjectStore> objects_;
  std::unique_ptr<storage::Storage> storage_;
  std::unique_ptr<query::StoreQuery> query_;
};

}  // namespace clew::pipeline::extensions::clew_storage
