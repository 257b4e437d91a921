#include <algorithm>
#include <utility>

#include "storage/block_writer.h"

/// What rounds of the writer are: what failed and is tried again, and who waits for all of it.
namespace clew::storage {
namespace {

// A copy that cannot be read so often in a row is given up: the log has it, too.
constexpr int kReadsMax = 8;

// Others that belong beside it would find the same.
bool IsOfThePlace(const Error& error) {
  return error.code == Code::kUnavailable || error.code == Code::kResourceExhausted;
}

}  // namespace

void BlockWriter::NoteOfRound(const Error& error, bool is_news) {
  if (!news_.has_value() && is_news) news_ = error;
  ++failed_count_;
  with_.failed.Increment();
  if (status_.has_value()) status_ = std::unexpected(error);
}

void BlockWriter::NoteUnreachable(const Error& error) {
  NoteOfRound(error, !unreachable_ || unreachable_->code != error.code);
  unreachable_ = error;
}

void BlockWriter::NoteFailure(WriteJob& job, const Error& error) {
  const bool is_news = !job.error || job.error->code != error.code;
  job.error = error;
  const bool is_no_more = error.code == Code::kDataLoss || error.code == Code::kNotFound;
  if (job.is_unread && (is_no_more || job.unread_count >= kReadsMax)) {
    with_.failed.Increment();
    return queue_.EndLost(job);
  }
  // That its copy cannot be read says nothing of where it belongs.
  queue_.EndFailed(job, IsOfThePlace(error) && !job.is_unread ? WriteQueue::Failing::kItsPlace
                                                              : WriteQueue::Failing::kItself);
  ++round_failure_count_;
  NoteOfRound(error, is_news);
}

void BlockWriter::BeginRound(bool is_retry) {
  spill_.Clear();
  spill_.DeleteReleased();
  std::unique_lock lock(mutex_);
  if (is_retry) {
    Status reachable;
    if (!queue_.all().empty()) {
      lock.unlock();
      reachable = with_.reading.objects.CheckReachable();
      lock.lock();
    }
    if (reachable.has_value()) {
      unreachable_.reset();
    } else {
      NoteUnreachable(reachable.error());
    }
    is_any_written_ = false;
    round_failure_count_ = 0;
    queue_.Retry();
  }
  StartTasks();
}

bool BlockWriter::is_stuck() {
  const std::scoped_lock lock(mutex_);
  return !is_any_written_ && (unreachable_.has_value() || queue_.IsAnyAway());
}

Status BlockWriter::StatusOf(std::uint64_t last_number, std::uint64_t returned_before) const {
  const auto& all = queue_.all();
  const auto end = all.upper_bound(last_number);
  for (auto one = all.begin(); one != end; ++one) {
    if (one->second->error.has_value()) return std::unexpected(*one->second->error);
    if (is_stopping_) return base::Unavailable("the store is being stopped");
    if (unreachable_.has_value()) return std::unexpected(*unreachable_);
  }
  if (returned_count_ != returned_before) {
    return base::DataLoss("blocks that waited on disk cannot be read there, and come from the log");
  }
  // What waits for another of its tenant, or for the end of the round, has no error of its own.
  if (end == all.begin()) return {};
  if (!status_.has_value()) return status_;
  return base::Unavailable("some blocks are not written yet");
}

// Those beside one that is tried now are, too, as it may be written.
bool BlockWriter::IsLeft(const WriteQueue::Limits& limits) const {
  if (queue_.IsBusy(limits)) return true;
  return MayBegin() && (queue_.Next(limits) != nullptr || queue_.IsBehindATry(limits));
}

std::uint64_t BlockWriter::returned_count() {
  const std::scoped_lock lock(mutex_);
  return returned_count_;
}

Status BlockWriter::WriteAll(std::uint64_t returned_before, const std::stop_token& ending) {
  const std::stop_callback wake(ending, [this] {
    const std::scoped_lock lock(mutex_);
    ended_.notify_all();
  });
  std::unique_lock lock(mutex_);
  // Others ready again what has failed since, and that would never end.
  const WriteQueue::Limits limits{.last_number = queue_.last_number(),
                                  .last_failure = queue_.last_failure()};
  while (!ending.stop_requested()) {
    if (const WriteJobPtr job = Next(limits)) {
      WriteOne(lock, job);
    } else if (IsLeft(limits)) {
      const base::WorkerPool::BlockingScope for_others;
      ended_.wait(lock);
    } else {
      break;
    }
  }
  return StatusOf(limits.last_number, returned_before);
}

Status BlockWriter::EndRound() {
  std::unique_lock lock(mutex_);
  Status status = std::exchange(status_, {});
  const std::optional<Error> news = std::exchange(news_, std::nullopt);
  const std::uint64_t failed_count = std::exchange(failed_count_, 0);
  lock.unlock();
  if (status.has_value()) return status;
  failures_.AddRound(news.value_or(status.error()), news.has_value(), failed_count,
                     with_.clock.Monotonic());
  return status;
}

}  // namespace clew::storage
