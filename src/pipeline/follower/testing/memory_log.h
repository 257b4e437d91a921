#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "log/log.h"

namespace clew::pipeline::testing {

/// A log in memory that survives its followers: a "crash" is to destroy them. Any thread.
class MemoryLog final : public log::Log {
 public:
  Result<log::Appended> Append(const log::Record& record) override;
  Result<log::Position> Read(
      log::Position from,
      const std::function<Status(const log::Appended&, const log::Record&)>& visit) override;
  bool WaitFor(log::Position from, Deadline deadline) override;
  Status Commit(std::string_view consumer, log::Position position) override;
  log::Position Committed(std::string_view consumer) const override;
  std::vector<std::string> Consumers() const override;
  Status Forget(std::string_view consumer) override;
  log::Identity identity() const override { return {{1}}; }
  log::Position end() const override;
  Status CheckReachable() const override { return {}; }
  std::uint64_t size_bytes() const override { return end().offset; }
  void Close() override {}

  /// Appends an encoded request with one span, named `span_name`.
  log::Appended AppendSpan(const std::string& pipeline, const std::string& span_name);
  /// Waits until `consumer` has committed `position`; false after 20 s.
  bool WaitForCommit(const std::string& consumer, log::Position position) const;

 private:
  static constexpr std::uint64_t kRecordBytes = 10;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<log::Record> records_;
  std::map<std::string, log::Position, std::less<>> committed_;
};

/// An encoded request with one span of this name.
std::string OneSpanRequest(const std::string& span_name);

}  // namespace clew::pipeline::testing
