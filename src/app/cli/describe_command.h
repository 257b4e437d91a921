#pragma once

#include <CLI/CLI.hpp>

#include "app/cli/command_tree.h"

namespace clew::app::cli {

/// A command as it is defined, with its own commands but for the hidden ones.
CommandInfo Describe(const CLI::App& app);

}  // namespace clew::app::cli
