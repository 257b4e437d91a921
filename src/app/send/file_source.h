#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/send/request_reader.h"
#include "base/vocabulary.h"

namespace clew::app::send {

/// Gives the requests of files, one file after the other. A file is opened when its turn comes, so
/// that of many compressed ones only one is in memory. Next is called by one thread at a time.
class FileSource {
 public:
  using ErrorListener = std::function<void(const std::string& message)>;

  /// `paths` as RequestReader takes them. NOT_FOUND or INVALID_ARGUMENT when one of them is not
  /// there, may not be read, or is a folder. `on_error` is told of files that turn out damaged or
  /// empty.
  static Result<std::unique_ptr<FileSource>> Make(std::vector<std::string> paths,
                                                  ErrorListener on_error);

  /// The next request, nothing at the end. The rest of a damaged file is left out: it is counted,
  /// and the next file follows.
  std::optional<RawRequest> Next();

  /// Files that are empty or could not be read to their end.
  std::uint64_t damaged_count() const { return damaged_count_; }
  /// Any thread.
  std::uint64_t bytes_read() const { return bytes_read_; }
  /// 0 when it is not known (standard input, a pipe).
  std::uint64_t bytes_total() const { return bytes_total_; }

 private:
  FileSource(std::vector<std::string> paths, std::uint64_t bytes_total, ErrorListener on_error)
      : paths_(std::move(paths)), bytes_total_(bytes_total), on_error_(std::move(on_error)) {}
  /// The next request of the file whose turn it is.
  Result<std::optional<RawRequest>> NextOfFile();

  const std::vector<std::string> paths_;
  const std::uint64_t bytes_total_;
  const ErrorListener on_error_;
  std::size_t current_ = 0;
  std::unique_ptr<RequestReader> reader_;
  bool has_request_ = false;  // the file whose turn it is
  std::uint64_t damaged_count_ = 0;
  std::atomic<std::uint64_t> bytes_read_{0};
};

}  // namespace clew::app::send
