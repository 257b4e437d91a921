#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/testing/test_folder.h"
#include "storage/testing/test_store.h"

namespace clew::storage::testing {

/// A store for tests over a log on disk, which may lose something between two openings.
class LocalLogStore : public TestStore {
 public:
  LocalLogStore();
  ~LocalLogStore();
  LocalLogStore(const LocalLogStore&) = delete;
  LocalLogStore& operator=(const LocalLogStore&) = delete;

  /// As a kill does it: nothing is sealed. Until OpenLog() there is another store, of nothing.
  void CloseLog();
  void OpenLog();
  void Reopen();
  /// Keeps what the log holds now; PutCopyBack() has it hold that again.
  void CopyLog();
  void PutCopyBack();
  /// While it is open.
  log::Log& local_log() { return *local_log_; }

  std::string LogFolder() const { return folder_.path() + "/log"; }
  std::string CopyFolder() const { return folder_.path() + "/copy"; }
  /// The file of the segment that begins at position `base`.
  std::string Segment(std::uint64_t base) const;

  /// From the next opening on.
  std::uint64_t segment_bytes = 1 << 20;
  base::Metrics log_metrics;

 private:
  const base::testing::TestFolder folder_;
  std::unique_ptr<log::Log> local_log_;
};

}  // namespace clew::storage::testing
