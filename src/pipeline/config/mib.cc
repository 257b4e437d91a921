#include "pipeline/config/mib.h"

#include <fmt/core.h>

namespace clew::pipeline {

void CheckMib(std::string_view path, std::uint64_t mib, Problems& problems) {
  if (mib > kMibMax) {
    problems.Add(path, fmt::format("must be at most {}: {}", kMibMax, mib));
  }
}

}  // namespace clew::pipeline
