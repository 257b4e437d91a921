#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/config/binder.h"
#include "pipeline/settings/sending.h"

namespace clew::pipeline::processors::batch {

/// collector-config.md section 7, batch.
class Config final : public Section {
 public:
  void Describe(Binder& binder) override;
  void Validate(Problems& problems) const override;

  /// The queue that forms such batches.
  settings::QueueSection ToQueue() const;

  std::uint64_t send_batch_size = 8192;
  Nanos timeout{std::chrono::milliseconds(200)};
  std::uint64_t send_batch_max_size = 0;
  std::vector<std::string> metadata_keys;
  std::uint64_t metadata_cardinality_limit = 1000;
  std::uint64_t max_pending_bytes = 64u << 20;
};

}  // namespace clew::pipeline::processors::batch
