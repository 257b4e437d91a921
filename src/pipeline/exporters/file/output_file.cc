#include "pipeline/exporters/file/output_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "base/logging.h"

namespace clew::pipeline::exporters::file {
namespace {

namespace fs = std::filesystem;

// As much waits at most before it is written without waiting for the flush.
constexpr std::size_t kBufferBytesMax = 1u << 20;
constexpr std::int64_t kNanosPerMilli = 1'000'000;
constexpr std::int64_t kMillisPerSecond = 1000;

/// "2006-01-02T15-04-05.000", of equal length so that names sort by time.
std::string FormatTime(UnixNanos now, bool is_local) {
  const std::int64_t millis = now / kNanosPerMilli;
  const time_t seconds = millis / kMillisPerSecond;
  tm parts{};
  is_local ? localtime_r(&seconds, &parts) : gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  strftime(text.data(), text.size(), "%Y-%m-%dT%H-%M-%S", &parts);
  return fmt::format("{}.{:03}", text.data(), millis % kMillisPerSecond);
}

constexpr std::size_t kTimeLength = 23;

/// What has no places to write at.
bool IsStream(const struct stat& info) { return S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode); }

}  // namespace

Result<OutputFile> OutputFile::Open(const Config& config, const Clock& clock) {
  if (config.create_directory) {
    TRY(base::MakeDirectories(base::ParentDirectory(config.path)));
  }
  OutputFile file(config, clock);
  TRY(file.Reopen(config.append || config.has_rotation ? Opening::kAsItIs : Opening::kEmpty));
  return file;
}

Status OutputFile::Reopen(Opening opening) {
  // A pipe that nobody reads would hold up the start, and with it a reload.
  const int open_flags = O_WRONLY | O_CREAT | O_NONBLOCK | O_NOCTTY;
  auto file = base::OpenFile(config_.path, open_flags);
  struct stat info{};
  if (file.has_value() ? ::fstat(file->get(), &info) == 0 && IsStream(info)
                       : ::stat(config_.path.c_str(), &info) == 0 && IsStream(info)) {
    return MakeError(Code::kFailedPrecondition,
                     "opening {}: it is a pipe or a socket: name a regular file or a device",
                     config_.path);
  }
  if (!file.has_value()) return std::unexpected(std::move(file).error());
  // Only one that no other exporter or process writes, by whatever name. Where the file system has
  // no locks, nobody can tell.
  if (S_ISREG(info.st_mode) && ::flock(file->get(), LOCK_EX | LOCK_NB) != 0 &&
      errno == EWOULDBLOCK) {
    return MakeError(Code::kFailedPrecondition,
                     "opening {}: another exporter or process writes this file, maybe by another "
                     "name that is linked to it: give one of them another path",
                     config_.path);
  }
  if (opening == Opening::kEmpty && ::ftruncate(file->get(), 0) != 0 && S_ISREG(info.st_mode)) {
    return std::unexpected(base::ErrnoError(errno, "emptying " + config_.path));
  }
  file_ = *std::move(file);
  ASSIGN_OR_RETURN(size_, base::FileSize(file_.get(), config_.path));
  return {};
}

Status OutputFile::Append(std::string_view record) {
  if (!file_.is_open()) {
    TRY(Reopen(Opening::kAsItIs));
  }
  const std::uint64_t limit = config_.rotation.max_megabytes << 20;
  const std::uint64_t size = size_ + buffer_.size();
  if (config_.has_rotation && size > 0 && size + record.size() > limit) {
    TRY(Rotate());
  }
  if (!buffer_.empty() && buffer_.size() + record.size() > kBufferBytesMax) {
    TRY(Flush());
  }
  buffer_ += record;
  return {};
}

Status OutputFile::Flush() {
  if (buffer_.empty()) {
    return {};
  }
  iovec part{.iov_base = buffer_.data(), .iov_len = buffer_.size()};
  // Always at the end that is known to be whole: what a failed attempt left is written over.
  TRY(base::WriteParts(file_.get(), std::span(&part, 1), size_, config_.path));
  size_ += buffer_.size();
  buffer_.clear();
  return {};
}

void OutputFile::Close() {
  buffer_.clear();
  file_ = base::FileDescriptor();
}

Status OutputFile::Rotate() {
  TRY(Flush());
  const std::string backup = BackupPath();
  if (std::rename(config_.path.c_str(), backup.c_str()) != 0) {
    return std::unexpected(
        base::ErrnoError(errno, fmt::format("renaming {} to {}", config_.path, backup)));
  }
  file_ = base::FileDescriptor();
  TRY(Reopen(Opening::kAsItIs));
  DeleteOldBackups();
  return {};
}

std::string OutputFile::BackupPath() const {
  const fs::path path(config_.path);
  UnixNanos now = clock_->Now();
  while (true) {
    const std::string name = path.stem().string() + "-" +
                             FormatTime(now, config_.rotation.localtime) +
                             path.extension().string();
    const fs::path backup = path.parent_path() / name;
    std::error_code ignored;
    if (!fs::exists(backup, ignored)) {
      return backup.string();
    }
    now += kNanosPerMilli;  // two rotations within a millisecond
  }
}

void OutputFile::DeleteOldBackups() const {
  const RotationSection& rotation = config_.rotation;
  const fs::path path(config_.path);
  const std::string prefix = path.stem().string() + "-";
  const std::string suffix = path.extension().string();
  std::vector<fs::path> backups;
  std::error_code error;
  const fs::path folder = path.parent_path().empty() ? "." : path.parent_path();
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(prefix) && name.ends_with(suffix) &&
        name.size() == prefix.size() + kTimeLength + suffix.size()) {
      backups.push_back(entry.path());
    }
  }
  std::sort(backups.rbegin(), backups.rend());  // newest first
  std::string oldest_kept;
  if (rotation.max_days > 0) {
    const auto age = std::chrono::hours(24) * static_cast<std::int64_t>(rotation.max_days);
    oldest_kept = prefix + FormatTime(clock_->Now() - Nanos(age).count(), rotation.localtime);
  }
  for (std::size_t i = 0; i < backups.size(); ++i) {
    const bool is_too_many = rotation.max_backups > 0 && i >= rotation.max_backups;
    const bool is_too_old = backups[i].filename().string() < oldest_kept;
    if (!is_too_many && !is_too_old) {
      continue;
    }
    fs::remove(backups[i], error);
    base::Log(error ? base::LogLevel::kWarn : base::LogLevel::kInfo,
              error ? "Cannot delete an old file." : "Deleted an old file.",
              {{"file", backups[i].string()}});
  }
}

}  // namespace clew::pipeline::exporters::file
