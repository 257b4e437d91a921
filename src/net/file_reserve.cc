#include "net/file_reserve.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <optional>

namespace clew::net {
namespace {

/// With fewer connections than this a server is of no use.
constexpr int kConnectionsMin = 16;

/// Sockets that do not listen: those of others, and a few of the process itself.
bool IsConnection(int descriptor) {
  int listens = 0;
  socklen_t size = sizeof(listens);
  return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens == 0;
}

/// What is open but for connections. None when it cannot be told; errno says why.
std::optional<std::uint64_t> OwnFileCount() {
  constexpr auto close = [](DIR* directory) { closedir(directory); };
  const std::unique_ptr<DIR, decltype(close)> directory(opendir("/proc/self/fd"));
  if (directory == nullptr) return std::nullopt;
  std::uint64_t count = 0;
  while (const dirent* entry = readdir(directory.get())) {
    if (entry->d_name[0] == '.') continue;
    const int descriptor = std::atoi(entry->d_name);
    if (descriptor != dirfd(directory.get()) && !IsConnection(descriptor)) ++count;
  }
  return count;
}

}  // namespace

FileReserve FileReserve::OfProcess() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = RLIM_INFINITY;
  return FileReserve(limit.rlim_cur);
}

FileReserve::FileReserve(std::uint64_t limit)
    : first_reserved_(limit - std::min(limit, std::clamp<std::uint64_t>(limit / 4, 32, 1024))),
      limit_(limit) {}

bool FileReserve::IsReserved(int descriptor) const {
  return static_cast<std::uint64_t>(descriptor) >= first_reserved_;
}

bool FileReserve::IsNearlyOut(int descriptor) const {
  return static_cast<std::uint64_t>(descriptor) >= first_reserved_ + (limit_ - first_reserved_) / 2;
}

Status FileReserve::CheckRoom() const {
  const std::optional<std::uint64_t> count = OwnFileCount();
  if (!count && errno != EMFILE) return {};  // the limit is not what fails
  // Clients may be connected already: they neither take from the process nor from each other.
  const int last = static_cast<int>(count.value_or(limit_)) + kConnectionsMin - 1;
  if (!IsReserved(last)) return {};
  std::uint64_t needed = limit_;
  while (FileReserve(needed).IsReserved(last)) ++needed;
  return base::MakeError(Code::kResourceExhausted,
                         "the process may open {} files, of which too few are left for "
                         "connections: raise the limit (ulimit -n, LimitNOFILE of systemd) to {} "
                         "or more",
                         limit_, needed);
}

}  // namespace clew::net
