#include "query/query_context.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "base/worker_pool.h"

namespace clew::query {
namespace {

constexpr std::chrono::milliseconds kWaitForMemory(1000);

}  // namespace

void LeftOut::Add(std::string text) {
  if (!known_.insert(base::Hash64(text)).second) return;
  if (texts_.size() < kTextsMax) texts_.push_back(std::move(text));
}

std::vector<std::string> LeftOut::Texts() const {
  std::vector<std::string> texts = texts_;
  const std::uint64_t more_count = count() - texts_.size();
  if (more_count > 0) texts.push_back(fmt::format("{} more faults like these", more_count));
  return texts;
}

Status QueryContext::Check() const {
  if (stop.stop_requested()) {
    return MakeError(Code::kCancelled, "the query was given up: its client has left");
  }
  if (!clock->HasPassed(deadline)) return {};
  return MakeError(Code::kDeadlineExceeded,
                   "the query ran out of time: narrow its time range, or raise the timeout");
}

Status QueryContext::TakeMemory(std::uint64_t bytes,
                                const std::function<void()>& before_waiting) const {
  if (memory == nullptr || memory->TryTake(bytes)) return {};
  if (memory->bytes() + bytes > memory->limit()) {
    return MakeError(Code::kResourceExhausted,
                     "the answer takes more than {} MiB of memory, which is what all answers may "
                     "take: ask for fewer traces or a shorter time, or raise limit_mib of "
                     "memory_limiter",
                     memory->limit() >> 20);
  }
  if (memory->bytes() == 0 && before_waiting) before_waiting();
  const Deadline wait_until = std::min(clock->In(kWaitForMemory), deadline);
  const base::WorkerPool::BlockingScope waiting;
  while (memory->bytes() == 0) {
    TRY(Check());
    if (clock->HasPassed(wait_until)) break;
    // Somebody else may be quicker to take what there is.
    if (memory->WaitForRoom(bytes, wait_until, *clock, stop) && memory->TryTake(bytes)) return {};
  }
  Error error{Code::kUnavailable,
              fmt::format("answers under way take all of the {} MiB that there are for them: try "
                          "again in a moment, ask for less, or raise limit_mib of memory_limiter",
                          memory->limit() >> 20)};
  error.retry_after = std::chrono::seconds(1);
  return std::unexpected(std::move(error));
}

}  // namespace clew::query
