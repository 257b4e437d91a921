#include <string>
#include <vector>

#include "app/cli/command_line.h"
#include "app/cli/terminal.h"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return clew::app::cli::RunCommandLine(arguments, clew::app::cli::Terminal::Standard());
}
