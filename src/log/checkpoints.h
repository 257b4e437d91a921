#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/damage.h"
#include "log/file_system.h"
#include "log/log.h"

namespace clew::log {

/// Longest name of a consumer.
inline constexpr std::size_t kConsumerBytesMax = 80;

/// How far each consumer of a log is, one small file each (docs/formats/log.md). Any thread.
class Checkpoints {
 public:
  Checkpoints(FileSystem& files, std::string directory)
      : files_(files), directory_(std::move(directory)) {}

  /// Reads what is there, again when it was read before. Gives what is damaged, or no file: its
  /// consumer begins at the oldest record.
  Result<std::vector<Damage>> Load();
  /// Durable when it returns. Does nothing when the consumer is further already.
  Status Advance(std::string_view consumer, std::uint64_t position);
  Status Forget(std::string_view consumer);

  std::optional<std::uint64_t> Find(std::string_view consumer) const;
  /// The least of all; nothing when there is no consumer.
  std::optional<std::uint64_t> Least() const;
  /// The least of those that Load() found sound.
  std::optional<std::uint64_t> least_found() const { return least_found_; }
  /// The greatest of all, 0 when there is no consumer.
  std::uint64_t Greatest() const;
  std::map<std::string, std::uint64_t, std::less<>> All() const;

 private:
  std::string PathOf(std::string_view consumer) const;

  FileSystem& files_;
  const std::string directory_;
  // Held while a file is written, so that files and positions agree; always taken first.
  std::mutex writing_mutex_;
  mutable std::mutex mutex_;
  std::map<std::string, std::uint64_t, std::less<>> positions_;
  std::optional<std::uint64_t> least_found_;
};

}  // namespace clew::log
