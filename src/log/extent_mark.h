#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "log/file_system.h"

namespace clew::log {

/// The file "extent": from where to where records were durable when it was written last, so that
/// the next opening sees when some of them are gone. Written after each sync and not synced itself:
/// after a power cut it may be behind, never ahead. One thread.
class ExtentMark {
 public:
  /// Reads the mark. It never fails: without a sound file nothing is known, and when it cannot be
  /// written the log works all the same.
  ExtentMark(FileSystem& files, const std::string& directory);

  struct Extent {
    /// Where the oldest segment begins.
    std::uint64_t begin = 0;
    /// The end of the last record.
    std::uint64_t end = 0;
  };
  /// What the file said at opening.
  const std::optional<Extent>& found() const { return found_; }
  void Set(const Extent& extent);

 private:
  std::unique_ptr<File> file_;
  std::optional<Extent> found_;
};

}  // namespace clew::log
