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
  asked_.push_back({meta.tenant, meta.log_ranges, std::move(done)});
  stopping_.notify_all();
}

void Replay::RunAsked() {
  for (;;) {
    Asked asked;
    {
      std::unique_lock lock(stop_mutex_);
      stopping_.wait(lock, [this] { return is_stopping_ || !asked_.empty(); });
      if (is_stopping_) return;
      asked = std::move(asked_.front());
      asked_.pop_front();
    }
    if (!asked.ranges.empty()) {
      if (!ReadAsked(asked)) return;
      NoteLostOf(asked);
    }
    asked.done();
  }
}

// In one pass, whatever of others lies between. They are held in the log until the head has them.
// Gives false when it was stopped.
bool Replay::ReadAsked(const Asked& asked) {
  constexpr Nanos kDelayMax = std::chrono::minutes(1);
  const log::Position end = asked.ranges.back().end;
  log::Position next = asked.ranges.front().begin;
  for (Nanos delay = std::chrono::seconds(1);; delay = std::min(2 * delay, kDelayMax)) {
    const Result<log::Position> reached =
        with_.log.Read(next, [&](const log::Appended& where, const log::Record& record) -> Status {
          if (where.begin >= end) return base::MakeError(Code::kAborted, "that was all");
          const bool is_asked =
              record.tenant == asked.tenant && IsOfStore(record) && Covers(asked.ranges, where);
          if (is_asked) TRY(ReplayRecord(where, record));
          next = where.end;
          return {};
        });
    if (reached.has_value() || reached.error().code == Code::kAborted) break;
    if (reached.error().code == Code::kCancelled) return false;
    failures_.Increment();
    SetFault(fmt::format("the log behind position {}: {}", next.offset, reached.error().message));
    base::Log(base::LogLevel::kError,
              "the log cannot be read for a block that could not be read on disk; trying again",
              {{"position", std::to_string(next.offset)}, {"error", reached.error().message}});
    if (!WaitFor(delay)) return false;
  }
  SetFault("");
  return true;
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
