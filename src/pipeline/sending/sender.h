#pragma once

#include "base/vocabulary.h"
#include "model/batch.h"
#include "pipeline/context.h"

namespace clew::pipeline::sending {

/// One attempt to hand a batch to another process: all that an exporter writes itself; queue,
/// batches, retries and counting are SendingExporter's. Called from several threads at once.
class Sender {
 public:
  virtual ~Sender() = default;
  /// The receipt holds what the other side did not take although it took the rest. An error that
  /// is retryable (base::Error) may be tried again, not before its retry_after. Ends by `deadline`.
  virtual Result<Receipt> Send(const model::BatchPtr& batch, const Context& context,
                               Deadline deadline) = 0;
  /// Ends attempts under way and fails later ones, for a reason that passes. Returns at once.
  virtual void Cancel() {}
  /// Called when the exporter stops, after the last Send: hands on what is held back.
  virtual void Close() {}
};

}  // namespace clew::pipeline::sending
