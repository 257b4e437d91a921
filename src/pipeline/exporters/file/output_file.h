#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/file.h"
#include "base/vocabulary.h"
#include "pipeline/exporters/file/config.h"

namespace clew::pipeline::exporters::file {

/// The file that is written, with a buffer in front and older files beside it. Older files are
/// named <stem>-<time><extension> as the Collector names them. One thread at a time.
class OutputFile {
 public:
  /// FAILED_PRECONDITION when somebody else writes the file. `clock` outlives this.
  static Result<OutputFile> Open(const Config& config, const Clock& clock);

  /// Takes `record`; it is written by Flush, or now when much waits. Fails, without taking it, when
  /// what waits cannot be written: RESOURCE_EXHAUSTED with a delay when the disk is full.
  Status Append(std::string_view record);
  /// Writes what waits. After an error it still waits.
  Status Flush();
  /// Leaves it to others; what waits is lost. The last call.
  void Close();
  std::size_t waiting_bytes() const { return buffer_.size(); }

 private:
  OutputFile(const Config& config, const Clock& clock) : config_(config), clock_(&clock) {}

  enum class Opening { kAsItIs, kEmpty };
  Status Reopen(Opening opening);
  Status Rotate();
  std::string BackupPath() const;
  void DeleteOldBackups() const;

  Config config_;
  const Clock* clock_;
  base::FileDescriptor file_;
  std::uint64_t size_ = 0;
  std::string buffer_;
};

}  // namespace clew::pipeline::exporters::file
