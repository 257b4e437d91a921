#pragma once

#include <string>

#include "app/cli/command_tree.h"
#include "base/vocabulary.h"

namespace clew::app::cli {

/// A script that teaches `shell` ("bash", "zsh" or "fish") the commands and options of `root`.
/// INVALID_ARGUMENT for another shell.
Result<std::string> CompletionScript(const CommandInfo& root, const std::string& shell);

/// docs/reference/command-line.md.
std::string CommandLineReference(const CommandInfo& root);

}  // namespace clew::app::cli
