#include "pipeline/settings/sending.h"

#include <set>

#include "base/letter_case.h"
#include "pipeline/settings/nested.h"

namespace clew::pipeline::settings {
namespace {

constexpr std::uint64_t kConsumerCountMax = 1024;

}  // namespace

void RetrySection::Describe(Binder& binder) {
  binder.Field("initial_interval", &initial_interval, "Wait after the first failure.");
  binder.Field("randomization_factor", &randomization_factor,
               "Part of each wait that is random, 0 to 1.");
  binder.Field("multiplier", &multiplier, "Factor from one wait to the next.");
  binder.Field("max_interval", &max_interval, "Longest wait; a server may ask for a longer one.");
  binder.Field(
      "max_elapsed_time", &max_elapsed_time,
      "Give a batch up after so long; 0s means never. A pipeline that stores gives up nothing.");
}

void RetrySection::Validate(Problems& problems) const {
  if (initial_interval < Nanos(0)) {
    problems.Add("", "'initial_interval' must be non-negative");
  }
  if (randomization_factor < 0 || randomization_factor > 1) {
    problems.Add("", "'randomization_factor' must be within [0, 1]");
  }
  if (multiplier < 0) {
    problems.Add("", "'multiplier' must be non-negative");
  }
  if (max_interval < Nanos(0)) {
    problems.Add("", "'max_interval' must be non-negative");
  }
  if (max_elapsed_time < Nanos(0)) {
    problems.Add("", "'max_elapsed_time' must be non-negative");
  }
  if (max_elapsed_time > Nanos(0)) {
    if (max_elapsed_time < initial_interval) {
      problems.Add("", "'max_elapsed_time' must not be less than 'initial_interval'");
    }
    if (max_elapsed_time < max_interval) {
      problems.Add("", "'max_elapsed_time' must not be less than 'max_interval'");
    }
  }
}

void PartitionSection::Describe(Binder& binder) {
  binder.Field("metadata_keys", &metadata_keys,
               "Batches are kept apart by the values of these request headers.");
}

void PartitionSection::Validate(Problems& problems) const {
  std::set<std::string> seen;
  for (const std::string& key : metadata_keys) {
    if (!seen.insert(base::LowerCase(key)).second) {
      problems.Add("metadata_keys",
                   fmt::format("duplicate entry in metadata_keys: \"{}\" (case-insensitive)",
                               base::LowerCase(key)));
    }
  }
}

void QueueBatchSection::Describe(Binder& binder) {
  binder.Field("flush_timeout", &flush_timeout, "Send a batch that is not full after so long.");
  binder.Field("min_size", &min_size, "Send a batch as soon as it holds so much.");
  binder.Field("max_size", &max_size, "Cut larger batches; 0 means no limit.");
  binder.Choice("sizer", &sizer, {"", "items", "bytes"},
                "What sizes count: items (spans) or bytes; empty: as the queue, else items.");
  binder.Nested("partition", &partition, "What is never put into one batch.");
}

void QueueBatchSection::Validate(Problems& problems) const {
  if (flush_timeout <= Nanos(0)) {
    problems.Add("flush_timeout", "`flush_timeout` must be positive");
  }
  if (max_size > 0 && max_size < min_size) {
    problems.Add("max_size", "`max_size` must be greater or equal to `min_size`");
  }
  ValidateNested("partition", partition, problems);
}

void QueueSection::Describe(Binder& binder) {
  binder.Field("num_consumers", &num_consumers, "Requests sent at the same time.");
  binder.Field("queue_size", &queue_size,
               "How much may wait, in units of sizer, with what is being sent.");
  binder.Choice("sizer", &sizer, {"requests", "items", "bytes"},
                "What queue_size counts: requests, items (spans) or bytes.");
  binder.Field("block_on_overflow", &block_on_overflow,
               "When full, wait for room instead of refusing.");
  binder.Field("wait_for_result", &wait_for_result,
               "Answer the sender only when its data is sent or given up.");
  binder.Field("storage", &storage,
               "Id of a storage extension that keeps the queue on disk; not supported.");
  binder.Optional("batch", &has_batch, &batch, "Merge and cut requests before they are sent.");
}

void QueueSection::Validate(Problems& problems) const {
  if (num_consumers == 0 || num_consumers > kConsumerCountMax) {
    problems.Add("num_consumers",
                 fmt::format("`num_consumers` must be between 1 and {}", kConsumerCountMax));
  }
  if (queue_size == 0) {
    problems.Add("queue_size", "`queue_size` must be positive");
  }
  if (!storage.empty()) {
    problems.Add("storage",
                 fmt::format("a queue on disk (storage: {}) is not supported; remove the key, or "
                             "store the data with the clew_storage exporter in the same pipeline",
                             storage));
  }
  if (has_batch) {
    ValidateNested("batch", batch, problems);
  }
  if (has_batch && batch_sizer() == sizer && batch.min_size > queue_size) {
    problems.Add("batch::min_size", "`min_size` must be less than or equal to `queue_size`");
  }
}

const std::string& QueueSection::batch_sizer() const {
  static const std::string kItems = "items";
  if (!batch.sizer.empty()) {
    return batch.sizer;
  }
  return sizer == "requests" ? kItems : sizer;
}

void SendingSections::Describe(Binder& binder) {
  binder.Optional("retry_on_failure", &is_retry_enabled, &retry,
                  "Send again what failed for a reason that passes.");
  binder.Optional("sending_queue", &is_queue_enabled, &queue,
                  "Keep data while it waits to be sent.");
}

void SendingSections::Validate(Problems& problems) const {
  if (is_retry_enabled) {
    ValidateNested("retry_on_failure", retry, problems);
  }
  if (is_queue_enabled) {
    ValidateNested("sending_queue", queue, problems);
  }
}

}  // namespace clew::pipeline::settings
