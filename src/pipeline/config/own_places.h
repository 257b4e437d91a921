#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/config/binder.h"

namespace clew::pipeline {

/// The files and folders that a component keeps for itself, whatever they are called: links are
/// followed, also hard ones and mounts, as far as the files are there.
class OwnPlaces {
 public:
  explicit OwnPlaces(const OwnPath& own);

  /// Two paths that lead to one file, or of which one lies in a folder of the other.
  struct Clash {
    std::string here;
    std::string there;
  };
  /// The first of them; nothing when each keeps to itself.
  std::optional<Clash> ClashWith(const OwnPlaces& other) const;

 private:
  struct File {
    std::filesystem::path path;
    /// Number of the device and of the file; nothing when it is not there.
    std::optional<std::pair<std::uint64_t, std::uint64_t>> identity;

    bool operator==(const File& other) const;
  };
  struct Spot {
    std::string name;
    File file;
    /// The folders it lies in.
    std::vector<File> above;
    bool has_all_below = false;
  };

  static File FileAt(std::filesystem::path path);
  static Spot SpotAt(const std::filesystem::path& path, bool has_all_below);
  static bool Meet(const Spot& one, const Spot& other);

  std::vector<Spot> spots_;
};

}  // namespace clew::pipeline
