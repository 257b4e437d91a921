#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/damage.h"
#include "log/file_system.h"
#include "log/log.h"

namespace clew::log {

/// The file "extent": from where to where records were durable when it was written last, so that
/// the next opening sees when some of them are gone. Written after each sync and not synced itself:
/// after a power cut, or when it could not be written, it may be behind, never ahead. One thread.
class ExtentMark {
 public:
  struct Extent {
    /// Where the oldest segment begins.
    std::uint64_t begin = 0;
    /// The end of the last record.
    std::uint64_t end = 0;
  };
  /// What the file says; nothing when it is absent, was never written, or is damaged or may
  /// not be read, which is added to `damages`.
  static Result<std::optional<Extent>> Read(FileSystem& files, const std::string& directory,
                                            std::vector<Damage>& damages);

  /// Opens the file or makes it. It never fails: when it cannot be written the log works all the
  /// same.
  ExtentMark(FileSystem& files, const std::string& directory);
  void Set(const Extent& extent);

 private:
  std::unique_ptr<File> file_;
};

}  // namespace clew::log
