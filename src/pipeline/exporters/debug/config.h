#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/config/binder.h"
#include "pipeline/settings/sending.h"

namespace clew::pipeline::exporters::debug {

/// collector-config.md section 8, debug.
class Config final : public Section {
 public:
  void Describe(Binder& binder) override;
  void Validate(Problems& problems) const override;

  std::string verbosity = "basic";
  std::uint64_t sampling_initial = 2;
  std::uint64_t sampling_thereafter = 1;
  bool use_internal_logger = true;
  std::vector<std::string> output_paths;
  bool is_queue_enabled = false;
  settings::QueueSection queue;
};

}  // namespace clew::pipeline::exporters::debug
