#include "storage/replay.h"

#include <fmt/core.h>
#include <pthread.h>

#include <algorithm>
#include <utility>

#include "base/logging.h"
#include "log/batch_record.h"
#include "storage/format/log_ranges.h"

namespace clew::storage {
// Of spans that the store took from the log stage. What stands behind processors comes again from
// its pipeline's follower, which holds it in the log by a position of its own.
bool Replay::IsOfStore(const log::Record& record) {
  return log::HoldsSpans(record) && !record.is_for_follower;
}

Replay::Replay(const Surroundings& surroundings, base::Metrics& metrics)
    : with_(surroundings),
      replayed_spans_(metrics.Counter("clew_storage_replayed_spans",
                                      "Spans read again from the log after a start, and of blocks "
                                      "that could not be read where they waited on disk.")),
      failures_(metrics.Counter(
          "clew_storage_replay_failures",
          "Times that the log could not be read for the store; it is tried again.")),
      ready_(metrics.Gauge("clew_storage_ready", "1 when the log has been replayed.")),
      // Where something is lost the log would begin behind it; but blocks may hold that, and when
      // they do not, the next start must be told of it, too, if this one is cut short.
      begin_(with_.log.Committed(kStorageConsumer)) {
  ready_.Set(0);
  if (const auto lost = with_.log.Lost(kStorageConsumer); !lost.empty()) {
    begin_ = std::min(begin_, lost.front().begin);
  }
}

// Of a damaged block nothing counts: what the log still has of it is replayed, and readers drop
// what they see twice.
bool Replay::HoldsOfReplay(const Block& block) const {
  const std::vector<LogRange>& ranges = block.meta.log_ranges;
  return !block.is_damaged && !ranges.empty() && ranges.back().end > begin_;
}

bool Replay::Asks(const BlockMeta& meta) const {
  const bool may_be_of_this_log =
      meta.log_identity.is_zero() || meta.log_identity == with_.log.identity();
  return may_be_of_this_log && !meta.log_ranges.empty() && meta.log_ranges.back().end > begin_;
}

void Replay::NoteBlock(const Block& block) {
  const BlockMeta& meta = block.meta;
  if (!meta.log_ranges.empty() && meta.log_identity == with_.log.identity()) {
    const log::Position end = meta.log_ranges.back().end;
    // Of another partition it says nothing of where this log goes on.
    if (end.partition == with_.log.end().partition) held_up_to_ = std::max(held_up_to_, end);
  }
  if (HoldsOfReplay(block)) {
    held_by_blocks_[meta.tenant].push_back({meta.log_identity, meta.created_at, meta.log_ranges});
  }
}

void Replay::NoteLateBlock(const Block& block) {
  if (HoldsOfReplay(block) && block.meta.log_identity == with_.log.identity()) {
    lost_.TakeOut(block.meta.log_ranges);
  }
}

Status Replay::Begin() {
  TRY(with_.log.Commit(kStorageConsumer, begin_));
  current_ = with_.tracker.Begin(begin_);
  end_ = with_.log.end();
  return {};
}

void Replay::Start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "clew-replay");
    if (ReplayAll()) RunAsked();
  });
}

void Replay::Stop() {
  {
    const std::scoped_lock lock(stop_mutex_);
    is_stopping_ = true;
  }
  stopping_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool Replay::IsInBlock(const log::Appended& where, const log::Record& record) const {
  const auto found = held_by_blocks_.find(record.tenant);
  if (found == held_by_blocks_.end()) return false;
  return std::ranges::any_of(found->second, [&](const HeldByBlock& block) {
    // A log that was begun anew repeats positions.
    const bool is_of_this_log = block.log_identity.is_zero()
                                    // Does not say it: at least it cannot hold what came after it.
                                    ? record.received_at <= block.created_at
                                    : block.log_identity == with_.log.identity();
    return is_of_this_log && Covers(block.ranges, where);
  });
}

// Of the replay, as long as it knows what blocks hold. What was lost behind its end came by Append.
void Replay::NoteLost() {
  std::vector<log::LostPiece> lost = with_.log.Lost(kStorageConsumer);
  std::erase_if(lost, [this](const log::LostPiece& piece) { return piece.begin >= end_; });
  std::vector<LogRange> held;
  for (const auto& [tenant, blocks] : held_by_blocks_) {
    for (const HeldByBlock& block : blocks) {
      if (block.log_identity != with_.log.identity()) continue;
      held.insert(held.end(), block.ranges.begin(), block.ranges.end());
    }
  }
  lost_.AddUncovered(lost, JoinRanges(std::move(held)));
}

// Gives false when it was stopped.
bool Replay::WaitForRoom() {
  std::unique_lock lock(stop_mutex_);
  while (!is_stopping_ && !with_.has_room()) {
    with_.clock.Wait(lock, stopping_, with_.clock.Monotonic() + std::chrono::milliseconds(20));
  }
  return !is_stopping_;
}

Status Replay::ReplayRecord(const log::Appended& where, const log::Record& record) {
  if (!WaitForRoom()) return base::MakeError(Code::kCancelled, "stopping");
  const Result<Bytes> body = log::UnpackBody(record);
  const Result<model::SpanColumnsPtr> columns =
      body.has_value() ? with_.codec.Decode({*body}, 0)
                       : Result<model::SpanColumnsPtr>(std::unexpected(body.error()));
  if (!columns.has_value()) {
    // It was readable when it was acknowledged; keep going with the rest.
    with_.unreadable.Increment();
    base::Log(
        base::LogLevel::kError, "a record of the log cannot be read and is left out",
        {{"position", std::to_string(where.begin.offset)}, {"error", columns.error().message}});
    lost_.Add({where.begin, where.end, columns.error().message, record.tenant});
    return {};
  }
  if ((*columns)->span_count() == 0) return {};
  replayed_spans_.Increment(static_cast<double>((*columns)->span_count()));
  with_.add(record.tenant, *columns, where, with_.tracker.Begin(where.begin));
  return {};
}

// Gives false when it was stopped.
bool Replay::ReadLog(log::Position next) {
  for (int tries = 1;; ++tries) {
    const Result<log::Position> reached =
        with_.log.Read(next, [&](const log::Appended& where, const log::Record& record) -> Status {
          if (where.begin >= end_) return base::MakeError(Code::kAborted, "caught up");
          current_ = with_.tracker.Begin(where.begin);
          const bool is_wanted = IsOfStore(record) && !IsInBlock(where, record);
          if (is_wanted) TRY(ReplayRecord(where, record));
          next = where.end;
          tries = 1;
          return {};
        });
    if (reached.has_value() || reached.error().code == Code::kAborted) return true;
    if (reached.error().code == Code::kCancelled) return false;
    failures_.Increment();
    if (!WaitToReadAgain(next, reached.error(), tries)) return false;
  }
}

// The first tries follow each other soon, and queries wait for them. After those what can be read
// answers, and says that the rest is missing. The token stays, so that nothing is given up. Gives
// false when it was stopped.
bool Replay::WaitToReadAgain(log::Position next, const Error& error, int tries) {
  constexpr int kQuickTries = 10;
  constexpr Nanos kDelayMin = std::chrono::seconds(1);
  constexpr Nanos kDelayMax = std::chrono::minutes(1);
  const bool is_quick = tries < kQuickTries && !is_ready_;
  base::Log(base::LogLevel::kError,
            is_quick ? "the log cannot be read; trying again"
                     : "the log cannot be read: what is behind this position is not found; trying "
                       "again, the rest answers",
            {{"position", std::to_string(next.offset)}, {"error", error.message}});
  Nanos delay = kDelayMin;
  if (!is_quick) {
    NoteLost();
    SetFault(fmt::format("the log behind position {}: {}", next.offset, error.message));
    delay = std::min(delay * (1 << std::min(std::max(tries - kQuickTries, 0), 10)), kDelayMax);
  }
  if (!is_quick) is_ready_ = true;
  return WaitFor(delay);
}

// Gives false when it was stopped.
bool Replay::WaitFor(Nanos delay) {
  std::unique_lock lock(stop_mutex_);
  const Nanos until = with_.clock.Monotonic() + delay;
  while (!is_stopping_ && with_.clock.Monotonic() < until) {
    with_.clock.Wait(lock, stopping_, until);
  }
  return !is_stopping_;
}

void Replay::SetFault(std::string fault) {
  const std::scoped_lock lock(fault_mutex_);
  fault_ = std::move(fault);
}

// Gives false when it was stopped.
bool Replay::ReplayAll() {
  if (!ReadLog(with_.log.Committed(kStorageConsumer))) return false;
  NoteLost();
  lost_.EndAdding();
  held_by_blocks_.clear();
  current_.reset();
  ready_.Set(1);
  base::Log(base::LogLevel::kInfo, "the log has been replayed",
            {{"spans", std::to_string(static_cast<std::uint64_t>(replayed_spans_.Value()))}});
  SetFault("");
  // Last: who sees that it is ready may count on all of that, and on the checkpoint to follow the
  // blocks, as the token is let go of.
  is_ready_ = true;
  return true;
}

void Replay::AddLeftOut(const TenantId& tenant, std::vector<std::string>& texts,
                        std::uint64_t* unnamed_count) const {
  lost_.AddTexts(tenant, texts, unnamed_count);
  const std::scoped_lock lock(fault_mutex_);
  if (!fault_.empty()) texts.push_back(fault_);
}

}  // namespace clew::storage
