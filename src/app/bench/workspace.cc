#include "app/bench/workspace.h"

#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <set>
#include <utility>

namespace clew::app::bench {
namespace {

struct Folders {
  std::mutex mutex;
  std::set<std::string> paths;
};

/// Those of this process.
Folders& AllFolders() {
  static Folders all;
  return all;
}

}  // namespace

Result<Workspace> Workspace::Make(const std::string& parent) {
  std::error_code error;
  std::filesystem::create_directories(parent, error);
  std::string path = std::filesystem::absolute(parent).string() + "/bench-XXXXXX";
  if (error || mkdtemp(path.data()) == nullptr) {
    return Unavailable("cannot make a folder below {}: run it where you may write", parent);
  }
  return Workspace(path);
}

Workspace::Workspace(std::string path) : path_(std::move(path)) {
  const std::scoped_lock lock(AllFolders().mutex);
  AllFolders().paths.insert(path_);
}

Workspace::Workspace(Workspace&& other) noexcept : path_(std::exchange(other.path_, {})) {}

Workspace::~Workspace() {
  if (!path_.empty()) {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
    const std::scoped_lock lock(AllFolders().mutex);
    AllFolders().paths.erase(path_);
  }
}

void Workspace::RemoveAll() {
  // A server may be writing there: it ends with this process, and a folder is empty only in
  // between.
  constexpr int kTries = 100;
  const std::scoped_lock lock(AllFolders().mutex);
  for (const std::string& path : AllFolders().paths) {
    std::error_code error;
    for (int i = 0; i < kTries && std::filesystem::exists(path, error); ++i) {
      std::filesystem::remove_all(path, error);
    }
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
