#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "log/log.h"
#include "model/batch.h"

namespace clew::pipeline {

/// The batches that the followers of one pipeline have made of its records, as long as somebody has
/// them: those that are about equally far unpack, look over and decode a record once, and have it
/// in memory once. Keeps none alive. Any thread.
class SharedBatches {
 public:
  using Make = std::function<Result<model::BatchPtr>()>;

  /// The batch of the record at `where`: what `make` gives when nobody has it. Who comes while it
  /// is being made waits for it.
  Result<model::BatchPtr> GetOrMake(log::Position where, const Make& make);

  /// Records that it knows, some of which nobody may have any more.
  std::size_t size() const;

 private:
  struct Slot {
    std::mutex mutex;
    std::weak_ptr<const model::Batch> batch;
  };

  std::shared_ptr<Slot> SlotOf(log::Position where);

  mutable std::mutex mutex_;
  std::map<log::Position, std::shared_ptr<Slot>> slots_;
  std::size_t sweep_at_ = 64;
};

}  // namespace clew::pipeline
