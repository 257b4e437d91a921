#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "log/log.h"
#include "pipeline/component.h"
#include "pipeline/follower/direct_store.h"

namespace clew::pipeline {

/// Where the batches of a pipeline become durable, and their senders are answered: behind the
/// stateless processors, before everything that holds spans back. Any thread.
class LogStage final : public Consumer {
 public:
  /// `store` takes each batch before its sender is answered, and outlives this; null when it stands
  /// behind the log: then the records say that they are its follower's.
  LogStage(std::string pipeline, DirectStore* store, const Clock& clock)
      : pipeline_(std::move(pipeline)), store_(store), clock_(clock) {}

  /// Before the first batch. What comes when it is closed is refused and may be sent again.
  void Open(std::shared_ptr<log::Log> log);
  /// What was appended before is finished by the log (Log::Close).
  void Close() { Open(nullptr); }

  /// Durable when the receipt is there, and with the store when there is one. Errors of the store's
  /// Admit and of the log's Append; INVALID_ARGUMENT when the batch cannot be decoded.
  LaterReceipt Consume(const model::BatchPtr& batch, const Context& context) override;

 private:
  std::shared_ptr<log::Log> log() const;

  const std::string pipeline_;
  DirectStore* const store_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::shared_ptr<log::Log> log_;
};

}  // namespace clew::pipeline
