#include "net/file_reserve.h"

#include <sys/resource.h>

#include <algorithm>

namespace clew::net {

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

}  // namespace clew::net
