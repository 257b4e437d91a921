#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/logging.h"
#include "storage/block_writer.h"
#include "storage/writer_job.h"

/// What rounds of the writer are: what failed and is tried again, and who waits for all of it.
namespace clew::storage {
namespace {

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

void BlockWriter::NoteFailure(Job& job, const Error& error) {
  const bool is_news = !job.error || job.error->code != error.code;
  job.error = error;
  job.is_resting = true;
  job.last_failure = ++failure_count_;
  const auto away = away_.find(job.tenant);
  if (IsOfThePlace(error)) {
    away_[job.tenant] = Away::kRests;
  } else if (away != away_.end()) {
    // This one says nothing of the others.
    away->second = Away::kMayBeTried;
  }
  if (!job.is_lost) {
    ++round_failure_count_;
    return NoteOfRound(error, is_news);
  }
  with_.failed.Increment();
  base::Log(base::LogLevel::kError,
            "a block that waited on disk to be written is damaged there: it answers as far as it "
            "can be read, and comes back from the log, which keeps its spans, at the next start",
            {{"block", job.block->name}, {"error", error.message}});
}

void BlockWriter::BeginRound(bool is_retry) {
  spill_.Clear();
  spill_.DeleteReleased();
  const bool is_any = added_count() > 0;
  const Status reachable = is_retry && is_any ? with_.reading.objects.CheckReachable() : Status();
  const std::scoped_lock lock(mutex_);
  if (is_retry) {
    if (reachable.has_value() || jobs_.empty()) {
      unreachable_.reset();
    } else {
      NoteUnreachable(reachable.error());
    }
    is_any_written_ = false;
    round_failure_count_ = 0;
    for (const JobPtr& job : jobs_) job->is_resting = false;
    for (auto& [tenant, away] : away_) {
      if (away == Away::kRests) away = Away::kMayBeTried;
    }
  }
  StartTasks();
}

bool BlockWriter::is_failing() {
  const std::scoped_lock lock(mutex_);
  return std::ranges::any_of(jobs_, [this](const JobPtr& job) {
    return !job->is_lost && (job->error.has_value() || unreachable_.has_value());
  });
}

bool BlockWriter::is_stuck() {
  const std::scoped_lock lock(mutex_);
  const auto rests = [](const auto& one) { return one.second == Away::kRests; };
  return !is_any_written_ && (unreachable_.has_value() || std::ranges::any_of(away_, rests));
}

std::uint64_t BlockWriter::added_count() {
  const std::scoped_lock lock(mutex_);
  return last_number_;
}

std::size_t BlockWriter::lost_count() {
  const std::scoped_lock lock(mutex_);
  const auto is_lost = [](const JobPtr& job) { return job->is_lost.load(); };
  return static_cast<std::size_t>(std::ranges::count_if(jobs_, is_lost));
}

void BlockWriter::AddLeftOut(const TenantId& tenant, std::vector<std::string>& texts,
                             std::uint64_t* unnamed_count) {
  constexpr std::size_t kNamed = 12;
  const std::scoped_lock lock(mutex_);
  std::size_t named_count = 0;
  for (const JobPtr& job : jobs_) {
    // It is lost before the failure is noted.
    if (job->is_busy || !job->is_lost || job->tenant != tenant) continue;
    if (named_count < kNamed) {
      ++named_count;
      texts.push_back(fmt::format("block {}, which waits to be written until the next start: {}",
                                  job->block->name, job->error ? job->error->message : ""));
    } else if (unnamed_count != nullptr) {
      ++*unnamed_count;
    }
  }
}

Status BlockWriter::StatusOf(std::uint64_t last_number) const {
  for (const JobPtr& job : jobs_) {
    if (job->number > last_number) continue;
    if (job->error.has_value()) return std::unexpected(*job->error);
    if (is_stopping_) return base::Unavailable("the store is being stopped");
    if (unreachable_.has_value()) return std::unexpected(*unreachable_);
  }
  // What waits for another of its tenant, or for the end of the round, has no error of its own.
  const bool is_any = std::ranges::any_of(
      jobs_, [last_number](const JobPtr& job) { return job->number <= last_number; });
  if (!is_any) return {};
  if (!status_.has_value()) return status_;
  return base::Unavailable("some blocks are not written yet");
}

// Those beside one that is tried now are, too, as it may be written.
bool BlockWriter::IsLeft(const Job& job, std::uint64_t last_number,
                         std::uint64_t last_failure) const {
  if (job.number > last_number || job.last_failure > last_failure) return false;
  if (job.is_busy || IsReady(job)) return true;
  const auto away = away_.find(job.tenant);
  return MayBeReady(job) && away != away_.end() && away->second == Away::kIsTried;
}

Status BlockWriter::WriteAll(const std::stop_token& ending) {
  const std::stop_callback wake(ending, [this] {
    const std::scoped_lock lock(mutex_);
    ended_.notify_all();
  });
  std::unique_lock lock(mutex_);
  const std::uint64_t last_number = last_number_;
  // Others ready again what has failed since, and that would never end.
  const std::uint64_t last_failure = failure_count_;
  const auto is_left = [&](const JobPtr& job) { return IsLeft(*job, last_number, last_failure); };
  while (!ending.stop_requested()) {
    if (const JobPtr job = Next(last_number, last_failure)) {
      WriteOne(lock, job);
    } else if (std::ranges::any_of(jobs_, is_left)) {
      const base::WorkerPool::BlockingScope for_others;
      ended_.wait(lock);
    } else {
      break;
    }
  }
  return StatusOf(last_number);
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
