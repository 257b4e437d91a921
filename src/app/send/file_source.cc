#include "app/send/file_source.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace clew::app::send {
namespace {

/// The size of a regular file, 0 for what has none that is known.
Result<std::uint64_t> SizeOf(const std::string& path) {
  if (path == "-") {
    return 0;
  }
  struct stat facts{};
  if (stat(path.c_str(), &facts) != 0 || access(path.c_str(), R_OK) != 0) {
    return NotFound("cannot open {}: {}", path, std::strerror(errno));
  }
  if (S_ISDIR(facts.st_mode)) {
    return InvalidArgument("{} is a folder: name the files in it", path);
  }
  return S_ISREG(facts.st_mode) ? static_cast<std::uint64_t>(facts.st_size) : 0;
}

}  // namespace

Result<std::unique_ptr<FileSource>> FileSource::Make(std::vector<std::string> paths,
                                                     ErrorListener on_error) {
  std::uint64_t bytes_total = 0;
  bool is_sized = true;
  for (const std::string& path : paths) {
    ASSIGN_OR_RETURN(const std::uint64_t size, SizeOf(path));
    bytes_total += size;
    is_sized = is_sized && size > 0;
  }
  return std::unique_ptr<FileSource>(
      new FileSource(std::move(paths), is_sized ? bytes_total : 0, std::move(on_error)));
}

Result<std::optional<RawRequest>> FileSource::NextOfFile() {
  if (reader_ == nullptr) {
    ASSIGN_OR_RETURN(reader_, RequestReader::Open(paths_[current_]));
    bytes_read_ += reader_->bytes_read();
    has_request_ = false;
  }
  const std::uint64_t before = reader_->bytes_read();
  auto next = reader_->Next();
  bytes_read_ += reader_->bytes_read() - before;
  if (next.has_value() && !next->has_value() && !has_request_) {
    const std::string& path = paths_[current_];
    return InvalidArgument("{} is empty: nothing to send", path == "-" ? "standard input" : path);
  }
  has_request_ = true;
  return next;
}

std::optional<RawRequest> FileSource::Next() {
  while (current_ < paths_.size()) {
    auto next = NextOfFile();
    if (next.has_value() && next->has_value()) {
      return std::move(*next);
    }
    if (!next.has_value()) {
      ++damaged_count_;
      on_error_(next.error().message);
    }
    reader_.reset();
    ++current_;
  }
  return std::nullopt;
}

}  // namespace clew::app::send
