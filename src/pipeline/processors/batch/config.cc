#include "pipeline/processors/batch/config.h"

namespace clew::pipeline::processors::batch {

void Config::Describe(Binder& binder) {
  binder.Field("send_batch_size", &send_batch_size,
               "Send as soon as so many items wait; 0 sends at once.");
  binder.Field("timeout", &timeout, "Send what waits after so long; 0s sends at once.");
  binder.Field("send_batch_max_size", &send_batch_max_size,
               "Cut batches of more items; 0 means no limit.");
  binder.Field("metadata_keys", &metadata_keys,
               "Batches are kept apart by the values of these request headers.");
  binder.Field("metadata_cardinality_limit", &metadata_cardinality_limit,
               "Different values of these headers that may wait at once; 0 means no limit.");
  binder.Field("max_pending_bytes", &max_pending_bytes,
               "Bytes that may wait or be handed on at once; senders wait beyond.");
}

void Config::Validate(Problems& problems) const {
  if (send_batch_max_size > 0 && send_batch_max_size < send_batch_size) {
    problems.Add("", "send_batch_max_size must be greater or equal to send_batch_size");
  }
  if (timeout < Nanos(0)) {
    problems.Add("", "timeout must be greater or equal to 0");
  }
  if (max_pending_bytes == 0) {
    problems.Add("max_pending_bytes", "must be greater than zero");
  }
  settings::PartitionSection partition;
  partition.metadata_keys = metadata_keys;
  partition.Validate(problems);
}

settings::QueueSection Config::ToQueue() const {
  const bool is_at_once = timeout == Nanos(0) || send_batch_size == 0;
  settings::QueueSection queue;
  queue.queue_size = max_pending_bytes;
  queue.sizer = "bytes";
  queue.block_on_overflow = true;
  queue.has_batch = true;
  queue.batch.sizer = "items";
  queue.batch.min_size = is_at_once ? 1 : send_batch_size;
  queue.batch.max_size = send_batch_max_size;
  queue.batch.flush_timeout = timeout;
  queue.batch.partition.metadata_keys = metadata_keys;
  return queue;
}

}  // namespace clew::pipeline::processors::batch
