#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace clew::log {

/// An open file. Writing from one thread, reading from any.
class File {
 public:
  virtual ~File() = default;
  /// Writes all of `parts` from `offset` on; `parts` is used up. After an error a part of them may
  /// be in the file.
  virtual base::Status WriteAt(std::uint64_t offset, std::span<iovec> parts) = 0;
  /// Reads up to `size` bytes, fewer only at the end of the file. Gives how many. DATA_LOSS when
  /// the medium cannot give them back.
  virtual base::Result<std::size_t> ReadAt(std::uint64_t offset, char* out,
                                           std::size_t size) const = 0;
  virtual base::Status Truncate(std::uint64_t size) = 0;
  /// Makes data and size durable.
  virtual base::Status Sync() = 0;
  virtual base::Result<std::uint64_t> Size() const = 0;
  /// The first place from `offset` on that is in no hole of the file, or its end. A hole reads as
  /// zeros. Gives `offset` where that cannot be told.
  virtual std::uint64_t SkipHole(std::uint64_t offset) const { return offset; }
  /// UNAVAILABLE when its path does not lead to it any more: it was removed or replaced, and what
  /// is written to it is lost when it is closed.
  virtual base::Status CheckReachable() const = 0;
};

/// A directory that this process has for itself until Release(), or as long as the object lives.
/// Any thread.
class HeldDirectory {
 public:
  virtual ~HeldDirectory() = default;
  /// Another may hold it from now on.
  virtual void Release() = 0;
  /// UNAVAILABLE when its path does not lead to it any more: it was removed, moved or replaced.
  virtual base::Status CheckReachable() const = 0;
};

/// All that the local log asks of the disk, so that tests can make it fail. Any thread.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual base::Status MakeDirectories(const std::string& path) = 0;
  /// The names in `directory`, sorted: of files and of all else.
  virtual base::Result<std::vector<std::string>> List(const std::string& directory) = 0;
  /// For reading and writing; NOT_FOUND when it is absent, FAILED_PRECONDITION when it is no
  /// regular file.
  virtual base::Result<std::unique_ptr<File>> Open(const std::string& path) = 0;
  /// The same for reading only: also where nothing may be written.
  virtual base::Result<std::unique_ptr<File>> OpenToRead(const std::string& path) = 0;
  /// An empty file, also when there was one. What stands there and is no file is moved aside.
  virtual base::Result<std::unique_ptr<File>> Create(const std::string& path) = 0;
  /// Puts `content` in the place of what is at `path`: after a crash the old or the new is there,
  /// whole. Durable when it returns. What stands there and is no file is moved aside.
  virtual base::Status Replace(const std::string& path, std::string_view content) = 0;
  /// All of it; errors as Open, and as base::ReadFile when it is larger than `bytes_max`.
  virtual base::Result<std::string> Read(const std::string& path, std::uint64_t bytes_max) = 0;
  /// No error when it is absent. What stands there and is no file is moved aside.
  virtual base::Status Remove(const std::string& path) = 0;
  /// Makes the names in a directory durable.
  virtual base::Status SyncDirectory(const std::string& path) = 0;
  /// Holds the directory until the result is destroyed; FAILED_PRECONDITION when another process
  /// holds it. Makes a file "lock" in it.
  virtual base::Result<std::shared_ptr<HeldDirectory>> Hold(const std::string& directory) = 0;
};

/// The operating system's.
FileSystem& SystemFiles();

}  // namespace clew::log
