#include "app/bench/self_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/file.h"

namespace clew::app::bench {
namespace {

/// Only calls what is safe between fork and exec.
[[noreturn]] void BecomeSelf(char* const* arguments, int output) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(output, STDOUT_FILENO);
  execv("/proc/self/exe", arguments);
  _exit(127);
}

}  // namespace

Result<std::string> RunSelf(const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {"clew"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return Unavailable("cannot make a pipe: {}", std::strerror(errno));
  }
  const base::FileDescriptor from(ends[0]);
  base::FileDescriptor to(ends[1]);
  const pid_t pid = fork();
  if (pid == 0) BecomeSelf(pointers.data(), to.get());
  if (pid < 0) return Unavailable("cannot start a process: {}", std::strerror(errno));
  to = base::FileDescriptor();
  std::string output;
  std::array<char, 4096> part{};
  for (;;) {
    const ssize_t size = read(from.get(), part.data(), part.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    output.append(part.data(), static_cast<std::size_t>(size));
  }
  int status = 0;
  waitpid(pid, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return output;
  return Internal("{} ended with status {}", arguments.front(), status);
}

}  // namespace clew::app::bench
