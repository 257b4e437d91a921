#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace clew::base {

/// Owns a file descriptor of the operating system and closes it.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor();

  int get() const { return fd_; }
  /// Whoever takes it closes it.
  [[nodiscard]] int Release() { return std::exchange(fd_, -1); }
  bool is_open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// What errno value `error` means to a caller. `what` names action and object, e.g.
/// "opening data/log". No room gives RESOURCE_EXHAUSTED with retry_after; ENOENT gives NOT_FOUND;
/// what the medium cannot give back DATA_LOSS; what may pass, as too many open files, UNAVAILABLE.
Error ErrnoError(int error, std::string_view what);

/// open(2) with O_CLOEXEC.
Result<FileDescriptor> OpenFile(const std::string& path, int flags);

/// Tells whether a path still leads to what was opened by it. Any thread.
class OpenedPath {
 public:
  OpenedPath() = default;
  /// `fd` is what `path` led to, a file or a directory; it is looked at only here.
  OpenedPath(int fd, std::string path);
  const std::string& path() const { return path_; }
  /// UNAVAILABLE when what is there now is something else, or nothing, or cannot be reached, and
  /// that lasts. What cannot be told at the moment is no error.
  Status Check() const;

 private:
  std::string path_;
  bool is_known_ = false;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

/// Writes all of `parts`, in order, from `offset` on. `parts` is used up. After an error a part of
/// them may have been written.
Status WriteParts(int fd, std::span<iovec> parts, std::uint64_t offset, std::string_view path);

/// Fills `parts`, in order, from `offset` on, and uses them up; fewer bytes only at the end of the
/// file. Gives how many.
Result<std::size_t> ReadParts(int fd, std::span<iovec> parts, std::uint64_t offset,
                              std::string_view path);
/// Reads up to `size` bytes at `offset`, fewer only at the end of the file. Gives how many.
Result<std::size_t> ReadAt(int fd, char* out, std::size_t size, std::uint64_t offset,
                           std::string_view path);

/// The size of an open file.
Result<std::uint64_t> FileSize(int fd, std::string_view path);

/// The first place from `offset` on that is in no hole of an open file, or its end. Gives `offset`
/// where that cannot be told. Moves the file's position.
std::uint64_t SkipHole(int fd, std::uint64_t offset);

/// The whole of a small file, which its writer keeps within `bytes_max`. A larger one is DATA_LOSS,
/// and is not read.
Result<std::string> ReadFile(const std::string& path, std::uint64_t bytes_max);

/// FAILED_PRECONDITION when what stands at `path` is no regular file, as a directory or a pipe,
/// which could be opened and then hold up who reads it. What is not there, or cannot be told, is no
/// error.
Status CheckRegular(const std::string& path);

/// Makes room for a file at `path`: what stands there and is no regular file gets the first free
/// name of <path>.aside, <path>.aside-2, …, which is logged. Does nothing otherwise.
Status MoveAside(const std::string& path);

/// Makes `path` and its parents, each durable. No error when it is there. FAILED_PRECONDITION names
/// what stands in the way and is no directory; NOT_FOUND when the place takes no directory, as
/// /proc or one that was deleted, also meanwhile.
Status MakeDirectories(const std::string& path);

/// Makes the names in a directory durable.
Status SyncDirectory(const std::string& path);

/// The part before the last '/', or ".".
std::string ParentDirectory(const std::string& path);

}  // namespace clew::base
