#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "log/delivery_tracker.h"
#include "log/log.h"
#include "pipeline/component.h"
#include "pipeline/follower/follower_place.h"
#include "pipeline/follower/patient_consumer.h"
#include "pipeline/follower/shared_batches.h"

namespace clew::pipeline {

/// Feeds one exporter of a logged pipeline from the log, on a thread of its own, so that it is held
/// up by no other: reads the records of its pipeline in order, offers each until it is taken, and
/// commits its position (as the consumer FollowerName) when everything before it was delivered or
/// dropped for good. What is given back is offered again. A restart begins at the committed
/// position: at least once.
/// Metrics: clew_follower_* (docs/reference/metrics.md).
class LogFollower {
 public:
  struct Options {
    /// Whose records, and for whom.
    PipelineWay way;
    /// What records that are on their way take, bodies as received and unpacked and what is noted
    /// of each, past which reading waits. Besides, it is taken from the process's memory for
    /// followers; one record may always be on its way. What the store has counts there.
    std::uint64_t in_flight_bytes_max = 64u << 20;
    /// How many the process has, this one among them: each may hold as much of that memory, so that
    /// one whose back end is away leaves the others theirs.
    std::size_t follower_count = 1;
    Nanos commit_interval = std::chrono::seconds(1);
    /// Of the followers of its pipeline, when it has others. Outlives this.
    SharedBatches* shared_batches = nullptr;
    /// Of those that it comes in the place of: what an exporter that a reload kept has from them
    /// yet counts as this one's.
    std::vector<log::DeliveryTracker> earlier{};
    /// Called when there is no room for the next record, again and again: who holds what is on its
    /// way until more comes need not wait for that. On the follower's thread; may be empty.
    std::function<void()> when_full{};
  };

  /// All outlive this; `stop` is the signal that the patient consumers behind `next` heed too.
  LogFollower(Options options, log::Log& log, const model::SpanCodec& codec, Consumer& next,
              StopSignal& stop, Host& host);
  ~LogFollower();
  LogFollower(const LogFollower&) = delete;
  LogFollower& operator=(const LogFollower&) = delete;

  /// Registers the consumer with the log, so that nothing is deleted under it. When the log does
  /// not know it yet it begins at `begin_of_new`, or at the oldest record behind that.
  Status Register(log::Position begin_of_new);
  /// Starts to read, once it is registered.
  void Start();
  /// Reads no more; what was read is on its way or abandoned. Call before the consumers stop.
  void StopReading();
  /// What is on its way, for the `earlier` of the next. Once it reads no more.
  std::vector<log::DeliveryTracker> OnTheirWay() const;
  /// Commits what is done with. Call after the consumers have stopped. Idempotent.
  void Finish();
  /// Instead of Finish, of a pipeline that did not come to run: if the log did not know the
  /// consumer before Register, it does not afterwards. Idempotent.
  void FinishUnused();

 private:
  void Run();
  std::uint64_t OnTheirWayBytes() const;
  bool HasRoom() const { return OnTheirWayBytes() < options_.in_flight_bytes_max; }
  void WaitForRoom();
  /// Whether so many bytes more are no more than its share of the memory of all followers.
  bool FitsIntoShare(std::uint64_t bytes) const;
  bool IsMine(const log::Record& record) const;
  Status ReadOn();
  Status Redeliver(log::Position position);
  Status Visit(const log::Appended& where, const log::Record& record);
  Result<model::BatchPtr> MakeBatch(const log::Record& record) const;
  Result<model::BatchPtr> GetBatch(const log::Appended& where, const log::Record& record) const;
  /// False when there is no memory for it now; then `wanted_bytes_` says how much it needs.
  bool Deliver(const log::Appended& where, const log::Record& record);
  /// Waits a little for `wanted_bytes_`; true when it is worth reading again.
  bool AwaitMemory();
  void Drop(const log::Appended& where, std::size_t span_count, const Error& error);
  void CommitWhenDue();
  void Commit();
  /// As they are now: also while an exporter that is away lets nothing be offered. Any thread.
  void ShowGauges();
  void ZeroGauges();

  const Options options_;
  const std::string consumer_;
  log::Log& log_;
  const model::SpanCodec& codec_;
  StopSignal& stop_;
  Host& host_;
  base::MemoryAccount& memory_;
  PatientConsumer next_;
  log::DeliveryTracker tracker_;
  prometheus::Counter& records_;
  prometheus::Counter& dropped_spans_;
  prometheus::Gauge& in_flight_;
  prometheus::Gauge& in_flight_bytes_;
  prometheus::Gauge& lag_;
  // Below: the follower's thread, or no thread when it does not run.
  log::Position position_;
  log::Position committed_;
  Nanos committed_at_{0};
  // A record that was given back is not offered again before this.
  Nanos redeliver_at_{0};
  // The last record had no memory: it is not read and unpacked again before there is so much.
  std::optional<std::uint64_t> wanted_bytes_;
  // Taken for the record that comes next.
  base::MemoryHold ahead_;
  bool is_registered_ = false;
  bool is_new_ = false;  // the log did not know the consumer before Register
  std::thread thread_;
  std::shared_ptr<void> shown_;  // from Register to Finish
};

}  // namespace clew::pipeline
