#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "base/event.h"
#include "log/log.h"
#include "pipeline/component.h"
#include "pipeline/extensions/clew_storage/config.h"
#include "pipeline/follower/log_provider.h"
#include "query/query_provider.h"
#include "storage/storage_provider.h"

namespace clew::pipeline::extensions::clew_storage {

/// Owns the embedded store of the process. Replay of the log runs while receivers already take
/// data; queries wait for it (QueryProvider::is_ready). Calls under way keep what they use alive;
/// a stop waits for them. Any thread, but Start and Stop are for one.
class StorageExtension final : public Extension,
                               public LogProvider,
                               public storage::StorageProvider,
                               public query::QueryProvider {
 public:
  /// Its metrics have the label storage="<id>".
  StorageExtension(std::string id, const Config& config);
  ~StorageExtension() override;

  /// FAILED_PRECONDITION when another process, or an extension that has not stopped, has the
  /// directory.
  Status Start(Host& host) override;
  /// Waits until `deadline` for those that hold log, store or query, then closes the log, so that
  /// another extension may open the directory. Who still holds one is refused what it appends and
  /// may finish what it reads.
  void Stop(Deadline deadline) override;

  std::shared_ptr<log::Log> log() override;
  std::shared_ptr<storage::Storage> storage() override;
  std::shared_ptr<query::QueryService> query() override;
  bool is_ready() const override;
  Status CheckReady() const override;

 private:
  struct Parts;
  class Lease;

  std::shared_ptr<Lease> lease() const;

  const std::string id_;
  const Config config_;
  mutable std::mutex mutex_;
  /// What log(), storage() and query() share; null when it does not run.
  std::shared_ptr<Lease> lease_;
  /// The same, for Start and Stop.
  std::shared_ptr<Parts> parts_;
  /// Set when nobody has the lease any more.
  std::shared_ptr<base::Event> lease_ended_;
  const Clock* clock_ = nullptr;  // since Start
};

}  // namespace clew::pipeline::extensions::clew_storage
