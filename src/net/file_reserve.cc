#include "net/file_reserve.h"

#include <sys/eventfd.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"

namespace clew::net {
namespace {

/// With fewer connections than this a server is of no use.
constexpr int kConnectionsMin = 16;

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
  const base::FileDescriptor next(eventfd(0, EFD_CLOEXEC));
  if (!next.is_open() && errno != EMFILE) return {};  // the limit is not what fails
  const int last = (next.is_open() ? next.get() : static_cast<int>(limit_)) + kConnectionsMin - 1;
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
