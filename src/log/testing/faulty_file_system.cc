#include "log/testing/faulty_file_system.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/file.h"

namespace clew::log {
namespace {

using base::Result;
using base::Status;

class FaultyFile final : public File {
 public:
  FaultyFile(FaultyFileSystem& disk, std::unique_ptr<File> file, std::string path)
      : disk_(disk), file_(std::move(file)), path_(std::move(path)) {}

  Status WriteAt(std::uint64_t offset, std::span<iovec> parts) override {
    for (iovec& part : parts) {
      const auto size = static_cast<std::int64_t>(part.iov_len);
      const std::int64_t free_bytes = disk_.free_bytes.fetch_sub(size);
      if (free_bytes < size) {
        disk_.free_bytes = 0;
        part.iov_len = static_cast<std::size_t>(std::max<std::int64_t>(free_bytes, 0));
        TRY(file_->WriteAt(offset, {&part, 1}));
        return std::unexpected(base::ErrnoError(ENOSPC, "writing"));
      }
      const std::size_t written = part.iov_len;
      TRY(file_->WriteAt(offset, {&part, 1}));
      offset += written;
    }
    return {};
  }
  Result<std::size_t> ReadAt(std::uint64_t offset, char* out, std::size_t size) const override {
    disk_.on_read();
    TRY(disk_.CheckRead(path_, offset, size));
    return file_->ReadAt(offset, out, size);
  }
  Status Truncate(std::uint64_t size) override {
    if (disk_.truncate_fails) return std::unexpected(base::ErrnoError(EIO, "truncating"));
    return file_->Truncate(size);
  }
  Status Sync() override {
    ++disk_.sync_count;
    disk_.on_sync();
    if (disk_.sync_fails) return std::unexpected(base::ErrnoError(EIO, "syncing"));
    return file_->Sync();
  }
  Result<std::uint64_t> Size() const override { return file_->Size(); }
  std::uint64_t SkipHole(std::uint64_t offset) const override { return file_->SkipHole(offset); }
  Status CheckReachable() const override { return file_->CheckReachable(); }

 private:
  FaultyFileSystem& disk_;
  const std::unique_ptr<File> file_;
  const std::string path_;
};

}  // namespace

Status FaultyFileSystem::MakeDirectories(const std::string& path) {
  return SystemFiles().MakeDirectories(path);
}

Result<std::vector<std::string>> FaultyFileSystem::List(const std::string& directory) {
  return SystemFiles().List(directory);
}

Result<std::unique_ptr<File>> FaultyFileSystem::Open(const std::string& path) {
  ASSIGN_OR_RETURN(std::unique_ptr<File> file, SystemFiles().Open(path));
  return std::make_unique<FaultyFile>(*this, std::move(file), path);
}

Result<std::unique_ptr<File>> FaultyFileSystem::OpenToRead(const std::string& path) {
  ASSIGN_OR_RETURN(std::unique_ptr<File> file, SystemFiles().OpenToRead(path));
  return std::make_unique<FaultyFile>(*this, std::move(file), path);
}

Result<std::unique_ptr<File>> FaultyFileSystem::Create(const std::string& path) {
  if (free_bytes <= 0) return std::unexpected(base::ErrnoError(ENOSPC, "opening " + path));
  ASSIGN_OR_RETURN(std::unique_ptr<File> file, SystemFiles().Create(path));
  return std::make_unique<FaultyFile>(*this, std::move(file), path);
}

Status FaultyFileSystem::Replace(const std::string& path, std::string_view content) {
  on_replace();
  if (free_bytes <= 0) return std::unexpected(base::ErrnoError(ENOSPC, "writing " + path));
  return SystemFiles().Replace(path, content);
}

Result<std::string> FaultyFileSystem::Read(const std::string& path, std::uint64_t bytes_max) {
  TRY(CheckRead(path, 0, bytes_max));
  return SystemFiles().Read(path, bytes_max);
}

Status FaultyFileSystem::Remove(const std::string& path) { return SystemFiles().Remove(path); }

Status FaultyFileSystem::SyncDirectory(const std::string& path) {
  return SystemFiles().SyncDirectory(path);
}

Result<std::shared_ptr<HeldDirectory>> FaultyFileSystem::Hold(const std::string& directory) {
  return SystemFiles().Hold(directory);
}

void FaultyFileSystem::FailReads(ReadFault fault) {
  const std::scoped_lock lock(mutex_);
  read_faults_.push_back(std::move(fault));
}

void FaultyFileSystem::MendReads() {
  const std::scoped_lock lock(mutex_);
  read_faults_.clear();
}

Status FaultyFileSystem::CheckRead(const std::string& path, std::uint64_t begin,
                                   std::uint64_t size) {
  const std::scoped_lock lock(mutex_);
  for (ReadFault& fault : read_faults_) {
    const bool is_hit = path.find(fault.path_part) != std::string::npos && begin < fault.end &&
                        begin + size > fault.begin;
    if (!is_hit || fault.times == 0) continue;
    --fault.times;
    return std::unexpected(base::ErrnoError(fault.error, "reading " + path));
  }
  return {};
}

}  // namespace clew::log
