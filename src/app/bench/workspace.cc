#include "app/bench/workspace.h"

#include <cstdlib>
#include <filesystem>
#include <utility>

namespace clew::app::bench {

Result<Workspace> Workspace::Make(const std::string& parent) {
  std::error_code error;
  std::filesystem::create_directories(parent, error);
  std::string path = std::filesystem::absolute(parent).string() + "/bench-XXXXXX";
  if (error || mkdtemp(path.data()) == nullptr) {
    return Unavailable("cannot make a folder below {}: run it where you may write", parent);
  }
  return Workspace(path);
}

Workspace::Workspace(Workspace&& other) noexcept : path_(std::exchange(other.path_, {})) {}

Workspace::~Workspace() {
  if (!path_.empty()) {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
}

std::uint64_t SizeBelow(const std::string& directory, const std::string& part) {
  std::uint64_t size = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory, error)) {
    if (entry.is_regular_file() &&
        entry.path().string().substr(directory.size()).find(part) != std::string::npos) {
      size += entry.file_size();
    }
  }
  return size;
}

}  // namespace clew::app::bench
