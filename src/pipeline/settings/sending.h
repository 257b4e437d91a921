#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/config/binder.h"

namespace clew::pipeline::settings {

/// retry_on_failure (collector-config.md section 4, exporter helper).
class RetrySection final : public Section {
 public:
  void Describe(Binder& binder) override;
  void Validate(Problems& problems) const override;

  Nanos initial_interval{std::chrono::seconds(5)};
  double randomization_factor = 0.5;
  double multiplier = 1.5;
  Nanos max_interval{std::chrono::seconds(30)};
  Nanos max_elapsed_time{std::chrono::minutes(5)};  // 0: forever
};

/// sending_queue::batch::partition.
class PartitionSection final : public Section {
 public:
  void Describe(Binder& binder) override;
  void Validate(Problems& problems) const override;

  std::vector<std::string> metadata_keys;
};

/// sending_queue::batch.
class QueueBatchSection final : public Section {
 public:
  void Describe(Binder& binder) override;
  void Validate(Problems& problems) const override;

  Nanos flush_timeout{std::chrono::milliseconds(200)};
  std::uint64_t min_size = 8192;
  std::uint64_t max_size = 0;
  std::string sizer;  // empty: the queue's when that is items or bytes, else items
  PartitionSection partition;
};

/// sending_queue.
class QueueSection final : public Section {
 public:
  void Describe(Binder& binder) override;
  void Validate(Problems& problems) const override;
  /// The sizer that `batch` uses, "items" or "bytes".
  const std::string& batch_sizer() const;

  std::uint64_t num_consumers = 10;
  std::uint64_t queue_size = 1000;
  std::string sizer = "requests";
  bool block_on_overflow = false;
  bool wait_for_result = false;
  std::string storage;
  bool has_batch = false;
  QueueBatchSection batch;
};

/// The two blocks that every sending exporter has beside its time-out.
struct SendingSections {
  /// Adds the keys to the exporter's own.
  void Describe(Binder& binder);
  void Validate(Problems& problems) const;

  bool is_retry_enabled = true;
  RetrySection retry;
  bool is_queue_enabled = true;
  QueueSection queue;
};

}  // namespace clew::pipeline::settings
