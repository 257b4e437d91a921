#include "base/input_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/file.h"

namespace clew::base {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kPieceBytes = 64u << 10;

/// Waits until `fd` has bytes or its end is there.
Status WaitForInput(int fd, const std::string& path, SteadyClock::time_point deadline) {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now()).count();
    pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return std::unexpected(ErrnoError(errno, "reading " + path));
    if (SteadyClock::now() < deadline) continue;
    return Unavailable("reading {}: it is no regular file, and nothing wrote it to its end in time",
                       path);
  }
}

}  // namespace

Result<std::string> ReadInputFile(const std::string& path, std::uint64_t bytes_max,
                                  std::chrono::milliseconds pipe_patience) {
  const auto deadline = SteadyClock::now() + pipe_patience;
  ASSIGN_OR_RETURN(const FileDescriptor file, OpenFile(path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) {
    return std::unexpected(ErrnoError(errno, "reading " + path));
  }
  const bool is_regular = S_ISREG(info.st_mode);
  if (S_ISDIR(info.st_mode) || (!is_regular && pipe_patience.count() == 0)) {
    return MakeError(Code::kFailedPrecondition, "reading {}: it is {}, name a regular file", path,
                     S_ISDIR(info.st_mode) ? "a directory" : "a pipe or a device");
  }
  std::string content;
  std::array<char, kPieceBytes> piece{};
  while (content.size() <= bytes_max) {
    if (!is_regular) TRY(WaitForInput(file.get(), path, deadline));
    const ssize_t count = ::read(file.get(), piece.data(), piece.size());
    if (count == 0) return content;
    if (count > 0) {
      content.append(piece.data(), static_cast<std::size_t>(count));
    } else if (errno != EINTR && errno != EAGAIN) {
      return std::unexpected(ErrnoError(errno, "reading " + path));
    }
  }
  return InvalidArgument("the file {} is larger than {} bytes", path, bytes_max);
}

}  // namespace clew::base
