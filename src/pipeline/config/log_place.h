#pragma once

#include <string>
#include <vector>

#include "pipeline/config/config.h"

namespace clew::pipeline {

/// Which processors of a pipeline that stores stand before its log, and where its store does.
struct LogPlace {
  /// Those that hold nothing back, up to the first that holds spans back to decide on them.
  std::vector<std::string> before;
  /// Those that regroup spans, and all from the first that decides on; in the order of the file.
  std::vector<std::string> behind;
  /// The first that decides: the store stands behind it. Empty: the store takes spans at the log.
  std::string holds_store;
  /// Of `before` those that the file names after one that regroups: what they do is the same before
  /// it, and what is stored need not wait for it.
  std::vector<std::string> moved;
};

/// Ids that `config` does not know are passed over.
LogPlace FindLogPlace(const Config& config, const PipelineConfig& pipeline);

}  // namespace clew::pipeline
