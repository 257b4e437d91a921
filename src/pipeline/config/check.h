#pragma once

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "pipeline/config/config.h"

namespace clew::pipeline {

/// What was decoded, before anybody looked at how it hangs together.
struct CheckInput {
  std::shared_ptr<Config> config = std::make_shared<Config>();
  /// Every id that was declared, also with an unknown type.
  std::set<std::pair<ComponentKind, std::string>> declared;
  bool has_pipeline_keys = false;
  Place extensions_place;
  Place pipelines_place;
};

/// The rules between components: references, duplicates, what a pipeline needs
/// (collector-config.md sections 2 and 3), and what a logged pipeline may hold
/// (docs/design/002-log-and-followers.md).
void CheckConfig(const CheckInput& input, ProblemList& problems);

/// Warns of each receiver whose spans no query finds but by the name of the one tenant, since what
/// it stores them as is not what any of the extensions that read that store ask for: spans of
/// tenants, or of none.
void CheckTenants(const Config& config, std::vector<std::string>& warnings);

/// Warns of each processor of a pipeline that stores that runs before one that it is named after
/// (LogPlace::moved).
void CheckMovedProcessors(const Config& config, std::vector<std::string>& warnings);

}  // namespace clew::pipeline
