#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "app/cli/command_line.h"
#include "app/cli/commands.h"
#include "app/cli/terminal.h"

namespace {

/// Where the caller has closed one of the standard streams, the next file opened would take its
/// number, and what is said would be written into that file. The stand-in fails as a closed one
/// does: nothing can be read from the one, nothing written to the others.
void OccupyStandardStreams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) >= 0) continue;
    // Takes the lowest number that is free, which is this one.
    static_cast<void>(open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY));
  }
}

// Called before the initialisation of libraries, some of which open descriptors.
[[gnu::used, gnu::section(".preinit_array")]] void (*const occupy)() = OccupyStandardStreams;

}  // namespace

int main(int argc, char** argv) {
  // Request bodies are large and short-lived: as mappings of their own each would cost its page
  // faults anew. Freed memory beyond the second figure goes back to the system.
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 128 << 20);
  // By default there are eight arenas a core, and what is free in one is of no use to threads of
  // another: with many workers that wait for the disk, an eighth of the process was such memory.
  mallopt(M_ARENA_MAX, static_cast<int>(std::max(2u, std::thread::hardware_concurrency())));
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto terminal = clew::app::cli::Terminal::Standard();
  const int status = clew::app::cli::RunCommandLine(arguments, terminal);
  return terminal.Finish() || status != 0 ? status : clew::app::cli::kExitFailed;
}
