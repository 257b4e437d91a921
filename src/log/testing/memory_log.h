#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "log/log.h"
#include "log/lost_pieces.h"

namespace clew::log {

/// A log in memory, for tests, that can be told to fail. What it holds may outlive it: to destroy
/// the log is a crash. Any thread, but what tests set is for one.
class MemoryLog final : public Log {
 public:
  /// What would be on disk.
  struct Contents {
    Identity identity{{1}};
    std::map<Position, Record> records;
    Position end;
    std::map<std::string, Position, std::less<>> committed;
  };
  explicit MemoryLog(std::shared_ptr<Contents> contents = std::make_shared<Contents>())
      : contents_(std::move(contents)) {}

  base::Later<Result<Appended>> Append(Record record) override;
  Result<Position> Read(
      Position from,
      const std::function<Status(const Appended& where, const Record& record)>& visit) override;
  bool WaitFor(Position from, Deadline deadline, const Clock& clock) override;
  Status Commit(std::string_view consumer, Position position) override;
  Position Committed(std::string_view consumer) const override;
  std::vector<std::string> Consumers() const override;
  Status Forget(std::string_view consumer) override;
  void SkipTo(Position position) override;
  std::vector<LostPiece> Lost(std::string_view) const override { return lost.From({}); }
  Identity identity() const override;
  Position end() const override;
  Status CheckReachable() const override { return {}; }
  std::uint64_t size_bytes() const override;
  void Close() override;

  /// As when the disk is replaced: there are no records, and no consumer.
  void BeginAnew();
  /// As when the disk is copied, and when the copy is put back.
  Contents Copy() const;
  void PutBack(const Contents& contents);
  /// How often somebody began to read.
  std::size_t read_count() const;
  /// Waits until `consumer` has committed `position`; false after 20 s.
  bool WaitForCommit(const std::string& consumer, Position position) const;

  /// Appends are under way from now on, until Settle().
  void Hold();
  /// They are durable, or fail with append_error when it is set.
  void Settle();

  /// Appends fail with this while it is set.
  std::optional<Error> append_error;
  /// The same for Forget.
  std::optional<Error> forget_error;
  /// Reads fail with this, so many times, before or after they have visited a record.
  std::optional<Error> read_error;
  std::atomic<int> failing_reads = 0;
  bool fails_before_visit = false;
  /// Said to be lost, to every consumer; the records stay.
  LostPieces lost;
  /// As if the process died before each checkpoint was written.
  bool ignores_commits = false;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  const std::shared_ptr<Contents> contents_;
  /// One that is under way.
  struct Held {
    Record record;
    base::Later<Result<Appended>>::Promise promise;
  };

  Result<Appended> Write(Record record);

  std::size_t read_count_ = 0;
  bool is_closed_ = false;
  bool is_holding_ = false;
  std::vector<Held> held_;
};

}  // namespace clew::log
