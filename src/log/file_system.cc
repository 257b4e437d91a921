#include "log/file_system.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/file.h"

namespace clew::log {
namespace {

using base::ErrnoError;
using base::FileDescriptor;
using base::Result;
using base::Status;

class SystemFile final : public File {
 public:
  SystemFile(FileDescriptor file, std::string path)
      : file_(std::move(file)), opened_(file_.get(), std::move(path)) {}

  Status WriteAt(std::uint64_t offset, std::span<iovec> parts) override {
    return base::WriteParts(file_.get(), parts, offset, opened_.path());
  }
  Result<std::size_t> ReadAt(std::uint64_t offset, char* out, std::size_t size) const override {
    return base::ReadAt(file_.get(), out, size, offset, opened_.path());
  }
  Status Truncate(std::uint64_t size) override {
    if (::ftruncate(file_.get(), static_cast<off_t>(size)) == 0) return {};
    return std::unexpected(ErrnoError(errno, "truncating " + opened_.path()));
  }
  Status Sync() override {
    if (::fdatasync(file_.get()) == 0) return {};
    return std::unexpected(ErrnoError(errno, "syncing " + opened_.path()));
  }
  Result<std::uint64_t> Size() const override {
    return base::FileSize(file_.get(), opened_.path());
  }
  std::uint64_t SkipHole(std::uint64_t offset) const override {
    return base::SkipHole(file_.get(), offset);
  }
  Status CheckReachable() const override { return opened_.Check(); }

 private:
  const FileDescriptor file_;
  const base::OpenedPath opened_;
};

// Two locks: one on the file "lock", which says who holds the directory also to a release that
// knows no other, and one on the directory itself, which nobody can delete and make anew.
class SystemDirectory final : public HeldDirectory {
 public:
  SystemDirectory(FileDescriptor directory, FileDescriptor lock_file, std::string path)
      : directory_(std::move(directory)),
        lock_file_(std::move(lock_file)),
        opened_(directory_.get(), std::move(path)) {}
  void Release() override {
    ::flock(lock_file_.get(), LOCK_UN);
    ::flock(directory_.get(), LOCK_UN);
  }
  Status CheckReachable() const override { return opened_.Check(); }

 private:
  const FileDescriptor directory_;
  const FileDescriptor lock_file_;
  const base::OpenedPath opened_;
};

class SystemFileSystem final : public FileSystem {
 public:
  Status MakeDirectories(const std::string& path) override { return base::MakeDirectories(path); }

  Result<std::vector<std::string>> List(const std::string& directory) override {
    std::error_code error;
    std::vector<std::string> names;
    std::filesystem::directory_iterator entries(directory, error);
    for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
      names.push_back(entries->path().filename());
    }
    if (error) return std::unexpected(ErrnoError(error.value(), "listing " + directory));
    std::ranges::sort(names);
    return names;
  }

  Result<std::unique_ptr<File>> Open(const std::string& path) override {
    return OpenThere(path, O_RDWR);
  }

  Result<std::unique_ptr<File>> OpenToRead(const std::string& path) override {
    return OpenThere(path, O_RDONLY);
  }

  Result<std::unique_ptr<File>> Create(const std::string& path) override {
    TRY(base::MoveAside(path));
    ASSIGN_OR_RETURN(FileDescriptor file, base::OpenFile(path, O_RDWR | O_CREAT | O_TRUNC));
    return std::make_unique<SystemFile>(std::move(file), path);
  }

  Status Replace(const std::string& path, std::string_view content) override {
    const std::string unfinished = path + ".tmp";
    Status status = ReplaceBy(unfinished, path, content);
    // A part of it would take room that may be what is missing.
    if (!status.has_value()) ::unlink(unfinished.c_str());
    TRY(status);
    return SyncDirectory(base::ParentDirectory(path));
  }

  Result<std::string> Read(const std::string& path, std::uint64_t bytes_max) override {
    TRY(base::CheckRegular(path));
    return base::ReadFile(path, bytes_max);
  }

  Status Remove(const std::string& path) override {
    TRY(base::MoveAside(path));
    if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
    return std::unexpected(ErrnoError(errno, "removing " + path));
  }

  Status SyncDirectory(const std::string& path) override { return base::SyncDirectory(path); }

  Result<std::shared_ptr<HeldDirectory>> Hold(const std::string& path) override {
    const auto held = [&] {
      return base::MakeError(base::Code::kFailedPrecondition,
                             "{} is held by another process: stop it or use another directory",
                             path);
    };
    ASSIGN_OR_RETURN(FileDescriptor directory, base::OpenFile(path, O_RDONLY | O_DIRECTORY));
    // Some network file systems cannot lock directories; there the file has to do.
    if (::flock(directory.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return held();
    const std::string lock_path = path + "/lock";
    TRY(base::MoveAside(lock_path));
    ASSIGN_OR_RETURN(FileDescriptor file, base::OpenFile(lock_path, O_RDWR | O_CREAT));
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) return held();
      return std::unexpected(ErrnoError(errno, "locking " + lock_path));
    }
    return std::make_shared<SystemDirectory>(std::move(directory), std::move(file), path);
  }

 private:
  Status ReplaceBy(const std::string& unfinished, const std::string& path,
                   std::string_view content) {
    {
      ASSIGN_OR_RETURN(const std::unique_ptr<File> file, Create(unfinished));
      std::array<iovec, 1> parts = {{{const_cast<char*>(content.data()), content.size()}}};
      TRY(file->WriteAt(0, parts));
      TRY(file->Sync());
    }
    TRY(base::MoveAside(path));
    if (::rename(unfinished.c_str(), path.c_str()) != 0) {
      return std::unexpected(ErrnoError(errno, "renaming " + unfinished));
    }
    return {};
  }

  static Result<std::unique_ptr<File>> OpenThere(const std::string& path, int flags) {
    TRY(base::CheckRegular(path));
    ASSIGN_OR_RETURN(FileDescriptor file, base::OpenFile(path, flags));
    return std::make_unique<SystemFile>(std::move(file), path);
  }
};

}  // namespace

FileSystem& SystemFiles() {
  static SystemFileSystem files;
  return files;
}

}  // namespace clew::log
