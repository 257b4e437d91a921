#include "base/file.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <system_error>

#include "base/logging.h"

namespace clew::base {
namespace {

Code CodeOfErrno(int error) {
  switch (error) {
    case ENOENT:
      return Code::kNotFound;
    case EEXIST:
      return Code::kAlreadyExists;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:  // of the process, or of the file system
      return Code::kResourceExhausted;
    case EACCES:
    case EPERM:
    case EROFS:
      return Code::kPermissionDenied;
    case ENOTDIR:
    case EISDIR:
      return Code::kFailedPrecondition;
    case EIO:
    case EBADMSG:
    case EUCLEAN:
      return Code::kDataLoss;
    case ENAMETOOLONG:
      return Code::kInvalidArgument;
    case EAGAIN:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return Code::kUnavailable;
    default:
      return Code::kInternal;
  }
}

// `error` is of mkdir(2).
Error MakingError(int error, const std::string& path, const std::string& parent) {
  const std::string what = "making directory " + path;
  if (error == EEXIST) {
    return {Code::kFailedPrecondition,
            what + ": what is there is no directory: move it away, or use another place"};
  }
  if (error == ENOENT) {
    return {Code::kNotFound,
            fmt::format("{}: no directory can be made in {}, which may have been deleted or belong "
                        "to the system: use another place",
                        what, parent)};
  }
  return ErrnoError(error, what);
}

// What is left of `parts` when their first `size` bytes are done.
std::span<iovec> Behind(std::span<iovec> parts, std::size_t size) {
  while (!parts.empty() && size >= parts.front().iov_len) {
    size -= parts.front().iov_len;
    parts = parts.subspan(1);
  }
  if (!parts.empty()) {
    parts.front().iov_base = static_cast<char*>(parts.front().iov_base) + size;
    parts.front().iov_len -= size;
  }
  return parts;
}

}  // namespace

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Error ErrnoError(int error, std::string_view what) {
  // Room appears when retention deletes or someone cleans up, so asking more often is of no use.
  constexpr std::chrono::seconds kRetryWhenFull{5};
  Error result{CodeOfErrno(error),
               fmt::format("{}: {}", what, std::generic_category().message(error))};
  if (error == ENOSPC) result.message += ": free space on the disk that it lies on";
  if (error == EDQUOT) result.message += ": free space there, or raise the quota";
  if (error == EFBIG) result.message += ": raise the limit of a file's size (ulimit -f)";
  if (result.code == Code::kResourceExhausted) result.retry_after = kRetryWhenFull;
  return result;
}

Result<FileDescriptor> OpenFile(const std::string& path, int flags) {
  constexpr mode_t kMode = 0640;
  for (;;) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC, kMode);
    if (fd >= 0) return FileDescriptor(fd);
    if (errno != EINTR) return std::unexpected(ErrnoError(errno, "opening " + path));
  }
}

OpenedPath::OpenedPath(int fd, std::string path) : path_(std::move(path)) {
  struct stat opened{};
  is_known_ = ::fstat(fd, &opened) == 0;
  device_ = opened.st_dev;
  inode_ = opened.st_ino;
}

Status OpenedPath::Check() const {
  struct stat found{};
  const int error = ::stat(path_.c_str(), &found) == 0 ? 0 : errno;
  if (!is_known_ || error == ENOMEM) return {};
  if (error == 0 && found.st_dev == device_ && found.st_ino == inode_) return {};
  if (error == 0 || error == ENOENT || error == ENOTDIR) {
    return Unavailable("{} was {} while it was in use: put it back, or restart", path_,
                       error == 0 ? "replaced" : "removed");
  }
  return Unavailable("{} cannot be reached any more: {}: put back what led there, or restart",
                     path_, std::generic_category().message(error));
}

Status WriteParts(int fd, std::span<iovec> parts, std::uint64_t offset, std::string_view path) {
  while (!parts.empty()) {
    const auto count = static_cast<int>(std::min<std::size_t>(parts.size(), IOV_MAX));
    const ssize_t result = ::pwritev(fd, parts.data(), count, static_cast<off_t>(offset));
    if (result < 0) {
      if (errno == EINTR) continue;
      return std::unexpected(ErrnoError(errno, fmt::format("writing {}", path)));
    }
    offset += static_cast<std::uint64_t>(result);
    parts = Behind(parts, static_cast<std::size_t>(result));
  }
  return {};
}

Result<std::size_t> ReadParts(int fd, std::span<iovec> parts, std::uint64_t offset,
                              std::string_view path) {
  std::size_t total = 0;
  // A call that is for no bytes would look like the end of the file.
  for (parts = Behind(parts, 0); !parts.empty();) {
    const auto count = static_cast<int>(std::min<std::size_t>(parts.size(), IOV_MAX));
    const ssize_t result = ::preadv(fd, parts.data(), count, static_cast<off_t>(offset + total));
    if (result == 0) break;
    if (result < 0) {
      if (errno == EINTR) continue;
      return std::unexpected(ErrnoError(errno, fmt::format("reading {}", path)));
    }
    total += static_cast<std::size_t>(result);
    parts = Behind(parts, static_cast<std::size_t>(result));
  }
  return total;
}

Result<std::size_t> ReadAt(int fd, char* out, std::size_t size, std::uint64_t offset,
                           std::string_view path) {
  iovec part{.iov_base = out, .iov_len = size};
  return ReadParts(fd, {&part, 1}, offset, path);
}

Result<std::uint64_t> FileSize(int fd, std::string_view path) {
  struct stat info{};
  if (::fstat(fd, &info) != 0) {
    return std::unexpected(ErrnoError(errno, fmt::format("reading {}", path)));
  }
  return static_cast<std::uint64_t>(info.st_size);
}

std::uint64_t SkipHole(int fd, std::uint64_t offset) {
  off_t data = ::lseek(fd, static_cast<off_t>(offset), SEEK_DATA);
  // From here on there is none.
  if (data < 0 && errno == ENXIO) data = ::lseek(fd, 0, SEEK_END);
  return data < 0 ? offset : std::max(offset, static_cast<std::uint64_t>(data));
}

Result<std::string> ReadFile(const std::string& path, std::uint64_t bytes_max) {
  ASSIGN_OR_RETURN(const FileDescriptor file, OpenFile(path, O_RDONLY));
  ASSIGN_OR_RETURN(const std::uint64_t size, FileSize(file.get(), path));
  if (size > bytes_max) {
    return DataLoss("{} has {} bytes, more than the {} that it may have", path, size, bytes_max);
  }
  std::string content(size, '\0');
  ASSIGN_OR_RETURN(const std::size_t read_size,
                   ReadAt(file.get(), content.data(), content.size(), 0, path));
  content.resize(read_size);
  return content;
}

Status CheckRegular(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0 || S_ISREG(info.st_mode)) return {};
  return MakeError(Code::kFailedPrecondition, "{} is {}, no file", path,
                   S_ISDIR(info.st_mode) ? "a directory" : "something else");
}

Status MoveAside(const std::string& path) {
  if (CheckRegular(path).has_value()) return {};
  struct stat info{};
  std::string name = path + ".aside";
  for (int i = 2; ::lstat(name.c_str(), &info) == 0; ++i)
    name = fmt::format("{}.aside-{}", path, i);
  if (std::rename(path.c_str(), name.c_str()) != 0) {
    return std::unexpected(ErrnoError(errno, fmt::format("moving {} aside: it is no file", path)));
  }
  Log(LogLevel::kError, "what stood in the place of a file was moved aside",
      {{"file", path}, {"moved_to", name}});
  return {};
}

Status MakeDirectories(const std::string& path) {
  constexpr mode_t kMode = 0750;
  const std::string parent = ParentDirectory(path);
  int error = ::mkdir(path.c_str(), kMode) == 0 ? 0 : errno;
  if ((error == ENOENT || error == ENOTDIR) && parent != path) {
    TRY(MakeDirectories(parent));
    // Once more and no oftener: there are directories in which none can be made, and they say that
    // there is no such directory.
    error = ::mkdir(path.c_str(), kMode) == 0 ? 0 : errno;
  }
  if (error == 0) return SyncDirectory(parent);
  struct stat info{};
  if (error == EEXIST && ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return {};
  return std::unexpected(MakingError(error, path, parent));
}

Status SyncDirectory(const std::string& path) {
  ASSIGN_OR_RETURN(const FileDescriptor directory, OpenFile(path, O_RDONLY | O_DIRECTORY));
  if (::fsync(directory.get()) != 0) {
    return std::unexpected(ErrnoError(errno, "syncing directory " + path));
  }
  return {};
}

std::string ParentDirectory(const std::string& path) {
  const std::size_t end = path.find_last_not_of('/');
  if (end == std::string::npos) return path.empty() ? "." : "/";
  const std::size_t slash = path.rfind('/', end);
  if (slash == std::string::npos) return ".";
  const std::size_t last = path.find_last_not_of('/', slash);
  return last == std::string::npos ? "/" : path.substr(0, last + 1);
}

}  // namespace clew::base
