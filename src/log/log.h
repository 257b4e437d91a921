#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/compression.h"
#include "base/later.h"
#include "base/vocabulary.h"
#include "model/signal.h"

namespace clew::log {

/// Where a record begins in a partition of a log; grows with every record of the partition. Not
/// dense. Positions of two partitions say nothing about what came first: that they have an order is
/// for sorted containers.
struct Position {
  std::uint64_t offset = 0;
  /// 0 in a log that has no others, as the local one.
  std::uint32_t partition = 0;

  bool operator==(const Position&) const = default;
  std::strong_ordering operator<=>(const Position& other) const {
    if (partition != other.partition) return partition <=> other.partition;
    return offset <=> other.offset;
  }
};

/// Which log it is: a random number, made when the log is begun. Positions of two logs have nothing
/// to do with each other, also when they lie in the same directory one after the other.
struct Identity {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const Identity&) const = default;
  /// What no log has.
  bool is_zero() const { return *this == Identity{}; }
};

/// What a record is to those who read it. The numbers are those of the format.
enum class RecordKind : std::uint8_t {
  /// One received batch: its body decompresses to an encoded request of its signal.
  kData = 0,
  /// What was decided about earlier records, for who decides again after a crash.
  kDecision = 1,
};

/// What is appended at once and read at once.
struct Record {
  /// The numbers are those of the format.
  model::Signal signal = model::Signal::kTraces;
  RecordKind kind = RecordKind::kData;
  TenantId tenant;
  /// Which pipeline it entered, e.g. "traces/main": who must be given it on replay. At most 255
  /// bytes.
  std::string pipeline;
  base::Compression compression = base::Compression::kNone;
  UnixNanos received_at = 0;
  /// The store stands behind processors that hold spans back: it gets these from the pipeline's
  /// follower, also after a crash, and its replay leaves the record out.
  bool is_for_follower = false;
  Bytes body;
};

/// Whether it holds spans as they were received: an ExportTraceServiceRequest. Consumers that want
/// those leave out what else a log has.
inline bool HoldsSpans(const Record& record) {
  return record.signal == model::Signal::kTraces && record.kind == RecordKind::kData;
}

/// Where a record lies: the next one begins at `end` or after it.
struct Appended {
  Position begin;
  Position end;
};

/// Where a new file begins, so many bytes are in no record. No record of a span is as small.
inline constexpr std::uint64_t kBytesBetweenRecordsMax = 64;

/// A piece of the log that was acknowledged and cannot be read: damaged, removed or cut off. Of
/// what lies between records some may be in it.
struct LostPiece {
  Position begin;
  Position end;
  /// The file and what is wrong with it.
  std::string cause;
  /// Whose record it is, when it is one record and that can be read.
  std::optional<TenantId> tenant{};
};

/// Durable, ordered, replayable. Any thread.
///
/// Consumers are named ("storage", "pipeline/traces"), in at most 80 bytes. What every consumer has
/// committed may be deleted. A consumer that has never committed begins at the oldest record, and
/// holds nothing back: one that starts commits where it begins, Commit(name, Committed(name)).
class Log {
 public:
  virtual ~Log() = default;

  /// Durable when the result is there (group commit: many records share one fdatasync), which holds
  /// up no thread: any number of appends may be under way. Whoever awaits it is called on a thread
  /// of the log, which all others wait for: it is short, and may let go of the log there. Errors:
  /// RESOURCE_EXHAUSTED with retry_after when the log has reached its size limit or the disk is
  /// full; it recovers by itself when there is room. UNAVAILABLE when the disk does not come to an
  /// end with what it was given before. INVALID_ARGUMENT over the record limit.
  virtual base::Later<Result<Appended>> Append(Record record) = 0;

  /// Calls `visit` for each record from `from` up to the end at the time of the call, in order.
  /// Stops when `visit` gives an error, and returns it. Corrupt records are reported once (log line
  /// with file and offset, metric) and skipped; so are those of a signal or kind that this program
  /// does not know. Gives the position to go on from: after the last record visited or skipped.
  virtual Result<Position> Read(
      Position from,
      const std::function<Status(const Appended& where, const Record& record)>& visit) = 0;

  /// Waits until there is something at or after `from`, or `deadline` of `clock`; may return early.
  /// True when there is something.
  virtual bool WaitFor(Position from, Deadline deadline, const Clock& clock) = 0;

  /// Every record before `position` is done with, for this consumer. Durable when it returns; may
  /// delete segments. Never goes back: a lower position than before changes nothing.
  /// INVALID_ARGUMENT past end().
  virtual Status Commit(std::string_view consumer, Position position) = 0;
  /// Where `consumer` must begin.
  virtual Position Committed(std::string_view consumer) const = 0;
  /// Every consumer that has committed and was not forgotten, sorted.
  virtual std::vector<std::string> Consumers() const = 0;
  /// Forgets a consumer that exists no more, so that it holds nothing back.
  virtual Status Forget(std::string_view consumer) = 0;

  /// Positions before `position` were given already, by this log before something of it was lost:
  /// no record gets one of them again. Reports what is missing when it is past end(). Before the
  /// first Append.
  virtual void SkipTo(Position position) = 0;

  /// What was found lost by now, at opening and by those who read, of what `consumer` had not
  /// committed when the log was opened: ascending and apart. At most 1,000 pieces; when there are
  /// more, what lies between some of them is taken for lost, too.
  virtual std::vector<LostPiece> Lost(std::string_view consumer) const = 0;

  /// Whose positions these are. The same each time it is opened, as long as it holds a record.
  virtual Identity identity() const = 0;
  /// After the last durable record: where the next one will begin, or before it.
  virtual Position end() const = 0;
  /// An error that says what to do while nothing is appended (see Append), or when something that
  /// was appended and is still needed cannot be reached: its file or directory was removed, say.
  virtual Status CheckReachable() const = 0;
  /// Bytes on disk.
  virtual std::uint64_t size_bytes() const = 0;
  /// Finishes the appends under way (who awaits them was called when it returns), refuses later
  /// ones (UNAVAILABLE), ends every WaitFor. Not called by who awaits an append. Idempotent.
  virtual void Close() = 0;
};

}  // namespace clew::log
