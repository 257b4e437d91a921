#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/metrics.h"
#include "log/delivery_tracker.h"
#include "log/log.h"
#include "model/batch.h"
#include "storage/format/block.h"
#include "storage/lost_records.h"

namespace clew::storage {

/// The store among the consumers of the log.
inline constexpr std::string_view kStorageConsumer = "storage";

/// Brings what no block holds from the log back into the head after a start, on a thread of its
/// own, and knows what of it answers lack: what the log lost, and what of it cannot be read for
/// now.
///
/// Which records blocks hold is decided by the identity of the log and by positions, never by
/// times: a clock may have been wrong.
class Replay {
 public:
  /// All of it outlives the replay.
  struct Surroundings {
    log::Log& log;
    const model::SpanCodec& codec;
    const Clock& clock;
    /// Of the store among the consumers of the log.
    log::DeliveryTracker& tracker;
    /// Times that something stored could not be read.
    prometheus::Counter& unreadable;
    /// Makes the spans of a record searchable; the token is theirs.
    std::function<void(const TenantId& tenant, model::SpanColumnsPtr columns,
                       const log::Appended& where, pipeline::DeliveryTokenPtr delivery)>
        add;
    /// Whether the head takes more now. Asked until it does; has somebody make room meanwhile.
    std::function<bool()> has_room;
  };
  Replay(const Surroundings& surroundings, base::Metrics& metrics);
  ~Replay() { Stop(); }

  // While the store is opened, in this order.
  /// Whether such a block may hold what would be replayed: then it matters which records it has,
  /// and that it is whole.
  bool Asks(const BlockMeta& meta) const;
  /// What the block holds of the log is not replayed.
  void NoteBlock(const Block& block);
  /// How far the noted blocks hold this log.
  log::Position held_up_to() const { return held_up_to_; }
  /// From now on the log keeps what is not in a block.
  Status Begin();

  void Start();
  /// Idempotent. What was not replayed stays in the log.
  void Stop();
  /// All is replayed, or cannot be for now: then it is tried again and again, AddLeftOut says so,
  /// and the rest answers. Any thread.
  bool is_ready() const { return is_ready_; }

  /// What a block that is opened late holds is not lost. Any thread. (It may have been replayed
  /// meanwhile: readers drop what they see twice.)
  void NoteLateBlock(const Block& block);
  /// What the head is to have again of what it handed over: reads the records in the log ranges of
  /// `meta`, once the replay is through, and calls `done` when the head has them, or when the log
  /// has lost them, which AddLeftOut says then. Not when it was stopped before. Any thread.
  void BringBack(const BlockMeta& meta, std::function<void()> done);
  /// See Storage::LeftOut. Any thread.
  void AddLeftOut(const TenantId& tenant, std::vector<std::string>& texts,
                  std::uint64_t* unnamed_count) const;
  std::uint64_t lost_bytes() const { return lost_.byte_size(); }

 private:
  /// What a block holds of the log.
  struct HeldByBlock {
    log::Identity log_identity;
    UnixNanos created_at;
    std::vector<LogRange> ranges;
  };

  /// What is to be brought back.
  struct Asked {
    TenantId tenant;
    std::vector<LogRange> ranges;
    std::function<void()> done;
    /// Where reading goes on.
    log::Position next{};
  };

  static bool IsOfStore(const log::Record& record);
  bool HoldsOfReplay(const Block& block) const;
  bool IsInBlock(const log::Appended& where, const log::Record& record) const;
  bool ReplayAll();
  bool ReadLog(log::Position next);
  bool WaitToReadAgain(log::Position next, const Error& error, int tries);
  bool WaitFor(Nanos delay);
  void SetFault(std::string fault);
  void RunAsked();
  Status ReadAsked(Asked& asked);
  void NoteLostOf(const Asked& asked);
  bool WaitForRoom();
  Status ReplayRecord(const log::Appended& where, const log::Record& record);
  void NoteLost();

  const Surroundings with_;
  prometheus::Counter& replayed_spans_;
  prometheus::Counter& failures_;
  prometheus::Gauge& ready_;

  /// What is before it was in blocks at the last run.
  log::Position begin_;
  /// The end of the log at opening: what comes later is Append's.
  log::Position end_;
  log::Position held_up_to_;
  std::map<TenantId, std::vector<HeldByBlock>> held_by_blocks_;  // until all is replayed
  /// Of the record that is being replayed, from opening until all are: a replay that meets an error
  /// or is stopped never lets go.
  pipeline::DeliveryTokenPtr current_;

  LostRecords lost_;
  mutable std::mutex fault_mutex_;
  /// What answers lack since the log cannot be read; empty when that is nothing.
  std::string fault_;

  std::mutex stop_mutex_;
  std::condition_variable stopping_;
  bool is_stopping_ = false;
  std::deque<Asked> asked_;
  std::atomic<bool> is_ready_{false};
  std::thread thread_;
};

}  // namespace clew::storage
