#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace clew::log {

/// The segments of the log in `directory`, oldest first.
inline std::vector<std::string> SegmentFilesIn(const std::string& directory) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() == ".seg") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  return paths;
}

}  // namespace clew::log
