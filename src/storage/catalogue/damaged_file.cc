#include "storage/catalogue/damaged_file.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstdio>
#include <string>

#include "base/file.h"
#include "base/logging.h"

namespace clew::storage {

prometheus::Counter& DamagedFiles(base::Metrics& metrics, const char* file) {
  return metrics.Counter(
      "clew_storage_damaged_files",
      "Times that something in a small file beside the blocks was found damaged at start, by file: "
      "lines of the inventory, or log-reach.",
      {{"file", file}});
}

void ReportDamagedFile(base::Metrics& metrics, const char* file, const base::Damage& damage) {
  DamagedFiles(metrics, file).Increment();
  base::Log(base::LogLevel::kError, "a small file beside the blocks is damaged",
            {{"file", damage.path},
             {"offset", std::to_string(damage.offset)},
             {"bytes", std::to_string(damage.size_bytes)},
             {"cause", damage.what}});
}

base::Status KeepDamagedFile(const std::string& path) {
  TRY(base::MoveAside(path));
  const std::string kept = path + ".damaged";
  TRY(base::MoveAside(kept));
  if (std::rename(path.c_str(), kept.c_str()) == 0 || errno == ENOENT) return {};
  return std::unexpected(base::ErrnoError(errno, fmt::format("renaming {} to {}", path, kept)));
}

}  // namespace clew::storage
