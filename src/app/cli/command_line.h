#pragma once

#include <string>
#include <vector>

#include "app/cli/command_tree.h"
#include "app/cli/terminal.h"

namespace clew::app::cli {

/// Understands the arguments (without the program's name), does what they ask, gives the exit
/// status.
int RunCommandLine(const std::vector<std::string>& arguments, const Terminal& terminal);

/// All commands as they are defined; hidden ones are left out.
CommandInfo DescribeCommandLine();

}  // namespace clew::app::cli
