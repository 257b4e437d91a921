#include "storage/testing/local_log_store.h"

#include <fmt/format.h>

#include <filesystem>

#include "log/local_log.h"

namespace clew::storage::testing {

namespace fs = std::filesystem;

LocalLogStore::LocalLogStore() {
  options.reach_path = folder_.path() + "/log-reach";
  OpenLog();
}

LocalLogStore::~LocalLogStore() { CloseLog(); }

void LocalLogStore::CloseLog() {
  other_log = nullptr;
  Open();
  local_log_.reset();
}

void LocalLogStore::OpenLog() {
  log::LocalLogOptions log_options;
  log_options.directory = LogFolder();
  log_options.group_commit_delay = Nanos(0);
  log_options.segment_bytes = segment_bytes;
  local_log_ = log::OpenLocalLog(log_options, base::SystemTime(), log_metrics).value();
  other_log = local_log_.get();
  Restart();
}

void LocalLogStore::Reopen() {
  CloseLog();
  OpenLog();
}

void LocalLogStore::CopyLog() {
  CloseLog();
  fs::copy(LogFolder(), CopyFolder(), fs::copy_options::recursive);
  OpenLog();
}

void LocalLogStore::PutCopyBack() {
  CloseLog();
  fs::remove_all(LogFolder());
  fs::copy(CopyFolder(), LogFolder(), fs::copy_options::recursive);
  OpenLog();
}

std::string LocalLogStore::Segment(std::uint64_t base) const {
  return fmt::format("{}/{:020}.seg", LogFolder(), base);
}

}  // namespace clew::storage::testing
