#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "log/file_system.h"

namespace clew::log {

/// A disk that fails when told to, over the real one. For tests; any thread.
class FaultyFileSystem final : public FileSystem {
 public:
  /// How many more bytes can be written before the disk is full. A write that does not fit is
  /// written as far as it does, as a real disk may do.
  std::atomic<std::int64_t> free_bytes = std::numeric_limits<std::int64_t>::max();
  std::atomic<bool> sync_fails = false;
  std::atomic<bool> truncate_fails = false;
  std::atomic<int> sync_count = 0;
  /// Called within each sync; set it before the log is opened.
  std::function<void()> on_sync = [] {};
  /// Called before each read of a file; set it when nobody reads.
  std::function<void()> on_read = [] {};
  /// Called before a small file is replaced; set it when nobody does.
  std::function<void()> on_replace = [] {};

  base::Status MakeDirectories(const std::string& path) override;
  base::Result<std::vector<std::string>> List(const std::string& directory) override;
  base::Result<std::unique_ptr<File>> Open(const std::string& path) override;
  base::Result<std::unique_ptr<File>> OpenToRead(const std::string& path) override;
  base::Result<std::unique_ptr<File>> Create(const std::string& path) override;
  base::Status Replace(const std::string& path, std::string_view content) override;
  base::Result<std::string> Read(const std::string& path, std::uint64_t bytes_max) override;
  base::Status Remove(const std::string& path) override;
  base::Status SyncDirectory(const std::string& path) override;
  base::Result<std::shared_ptr<HeldDirectory>> Hold(const std::string& directory) override;

  /// Reads that touch [begin, end) of a file whose path has `path_part` fail with errno `error`, so
  /// many times.
  struct ReadFault {
    std::string path_part;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    int error = 0;
    int times = std::numeric_limits<int>::max();
  };
  void FailReads(ReadFault fault);
  void MendReads();
  /// The error that reading this meets, for the files of this disk.
  base::Status CheckRead(const std::string& path, std::uint64_t begin, std::uint64_t size);

 private:
  std::mutex mutex_;
  std::vector<ReadFault> read_faults_;
};

}  // namespace clew::log
