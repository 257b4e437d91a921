#pragma once

#include "app/cli/commands.h"
#include "pipeline/config/source.h"

namespace clew::app::cli {

/// What --config and --set name; the built-in default configuration when there is no --config.
pipeline::ConfigSources SourcesOf(const ConfigOptions& options);

}  // namespace clew::app::cli
