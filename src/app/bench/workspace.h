#pragma once

#include <cstdint>
#include <string>

#include "base/vocabulary.h"

namespace clew::app::bench {

/// A folder that goes with the object, unless it is kept.
class Workspace {
 public:
  /// A new folder below `parent`, which is made when missing.
  static Result<Workspace> Make(const std::string& parent);
  ~Workspace();
  Workspace(Workspace&& other) noexcept;
  Workspace& operator=(Workspace&&) = delete;
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  const std::string& path() const { return path_; }

  /// Removes the folders of all that there are, for a process that ends at once. Any thread.
  static void RemoveAll();

 private:
  explicit Workspace(std::string path);
  std::string path_;
};

/// Bytes of all files below `directory` whose path holds `part`.
std::uint64_t SizeBelow(const std::string& directory, const std::string& part);

}  // namespace clew::app::bench
