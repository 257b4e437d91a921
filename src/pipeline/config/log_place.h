#pragma once

#include <string>
#include <vector>

#include "pipeline/config/config.h"

namespace clew::pipeline {

/// Which processors of a pipeline that stores stand before its log, and where its store does.
struct LogPlace {
  /// In the order of the file: all before the first that holds spans back, and all from there on.
  std::vector<std::string> before;
  std::vector<std::string> behind;
  /// The first of `behind` that the store must stand behind, too, since it does more than regroup
  /// spans; empty: the store takes spans at the log.
  std::string holds_store;
};

/// Ids that `config` does not know are passed over.
LogPlace FindLogPlace(const Config& config, const PipelineConfig& pipeline);

}  // namespace clew::pipeline
