#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/logging.h"
#include "storage/format/log_ranges.h"
#include "storage/replay.h"

/// What is read from the log once more, since what the head made of it is gone.
namespace clew::storage {

void Replay::BringBack(const BlockMeta& meta, std::function<void()> done) {
  const std::scoped_lock lock(stop_mutex_);
  const log::Position begin =
      meta.log_ranges.empty() ? log::Position() : meta.log_ranges.front().begin;
  asked_.push_back({meta.tenant, meta.log_ranges, std::move(done), begin});
  stopping_.notify_all();
}

// What cannot be read now is tried again behind the others: one bad stretch of the log holds up
// none of them. Only when all that is asked for failed in turn is there a pause.
void Replay::RunAsked() {
  constexpr Nanos kDelayMin = std::chrono::seconds(1);
  constexpr Nanos kDelayMax = std::chrono::minutes(1);
  Nanos delay = kDelayMin;
  std::size_t failed_count = 0;
  for (;;) {
    Asked asked;
    std::size_t others = 0;
    {
      std::unique_lock lock(stop_mutex_);
      stopping_.wait(lock, [this] { return is_stopping_ || !asked_.empty(); });
      if (is_stopping_) return;
      asked = std::move(asked_.front());
      asked_.pop_front();
      others = asked_.size();
    }
    const Status read = ReadAsked(asked);
    if (read.has_value()) {
      NoteLostOf(asked);
      // First: who sees that nothing is asked for any more finds that nothing is left out.
      if (others == 0) SetFault("");
      asked.done();
      delay = kDelayMin;
      failed_count = 0;
      continue;
    }
    if (read.error().code == Code::kCancelled) return;
    SetFault(
        fmt::format("the log behind position {}: {}", asked.next.offset, read.error().message));
    failures_.Increment();
    base::Log(base::LogLevel::kError,
              "the log cannot be read for a block that could not be read on disk; trying again",
              {{"position", std::to_string(asked.next.offset)}, {"error", read.error().message}});
    {
      const std::scoped_lock lock(stop_mutex_);
      asked_.push_back(std::move(asked));
    }
    if (++failed_count <= others) continue;
    failed_count = 0;
    if (!WaitFor(delay)) return;
    delay = std::min(2 * delay, kDelayMax);
  }
}

// In one pass, whatever of others lies between. They are held in the log until the head has them.
// CANCELLED when it was stopped; after another error it goes on where it was.
Status Replay::ReadAsked(Asked& asked) {
  if (asked.ranges.empty()) return {};
  const log::Position end = asked.ranges.back().end;
  const Result<log::Position> reached = with_.log.Read(
      asked.next, [&](const log::Appended& where, const log::Record& record) -> Status {
        if (where.begin >= end) return base::MakeError(Code::kAborted, "that was all");
        if (!WaitFor(Nanos(0))) return base::MakeError(Code::kCancelled, "stopping");
        const bool is_asked =
            record.tenant == asked.tenant && IsOfStore(record) && Covers(asked.ranges, where);
        if (is_asked) TRY(ReplayRecord(where, record));
        asked.next = where.end;
        return {};
      });
  if (reached.has_value() || reached.error().code == Code::kAborted) return {};
  return std::unexpected(reached.error());
}

void Replay::NoteLostOf(const Asked& asked) {
  for (const log::LostPiece& piece : with_.log.Lost(kStorageConsumer)) {
    for (const LogRange& range : asked.ranges) {
      log::LostPiece lost = piece;
      lost.begin = std::max(piece.begin, range.begin);
      lost.end = std::min(piece.end, range.end);
      lost.tenant = asked.tenant;
      if (lost.begin < lost.end) lost_.Add(std::move(lost));
    }
  }
}

}  // namespace clew::storage
