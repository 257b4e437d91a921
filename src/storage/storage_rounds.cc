#include <algorithm>
#include <chrono>
#include <optional>
#include <tuple>

#include "storage/storage.h"
#include "storage/storage_counters.h"

/// When a store seals and writes, and how it ends; what is done in a round stands in storage.cc.
namespace clew::storage {
namespace {

// Of writing blocks, where they cannot be written at all.
constexpr std::chrono::minutes kRetryDelayMax{1};

}  // namespace

Storage::~Storage() {
  Stop();
  writer_->GiveBack();
}

bool Storage::is_stopping() const {
  const std::scoped_lock lock(stop_mutex_);
  return is_stopping_;
}

void Storage::Stop() {
  {
    const std::scoped_lock lock(stop_mutex_);
    is_stopping_ = true;
  }
  wake_.notify_all();
  replay_.Stop();
  writer_->Stop();
  if (maintenance_thread_.joinable()) maintenance_thread_.join();
  // While calls under way still hold this, another may show the same gauges.
  gauges_.reset();
  // Readers may end later than this.
  keeper_.StopWaking();
  const std::scoped_lock nobody_maintains(maintenance_mutex_);
  is_stopped_ = true;
}

void Storage::Wake(Waking why) {
  {
    const std::scoped_lock lock(stop_mutex_);
    (why == Waking::kForWork ? is_woken_ : is_room_wanted_) = true;
  }
  spans_since_wake_ = 0;
  wake_.notify_all();
}

// While the store is slow, or away, every refused append would begin a round for nothing: for room
// there is one when something came, was laid aside or was written since the last one began.
void Storage::RunMaintenance() {
  std::optional<std::uint64_t> progress;
  for (;;) {
    {
      std::unique_lock lock(stop_mutex_);
      const Nanos until = clock_.Monotonic() + options_.maintenance_interval;
      const auto is_of_use = [&] {
        return is_woken_ || (is_room_wanted_ && progress != writer_->progress());
      };
      while (!is_stopping_ && !is_of_use() && clock_.Monotonic() < until) {
        clock_.Wait(lock, wake_, until);
      }
      if (is_stopping_) return;
      is_woken_ = is_room_wanted_ = false;
    }
    progress = writer_->progress();
    std::ignore = MaintainOnce(Writing::kGoesOn);
  }
}

// Each try costs as much as a block: it is tried less often where none can be written.
bool Storage::IsRetryDue(Writing writing) {
  const Nanos now = clock_.Monotonic();
  const bool is_asked_for = writing == Writing::kIsWaitedFor;
  if (!is_asked_for && now < retry_at_) return false;
  const Nanos interval = options_.maintenance_interval;
  const bool is_in_vain = !is_asked_for && writer_->is_stuck();
  retry_delay_ = is_in_vain ? std::clamp<Nanos>(2 * retry_delay_, interval,
                                                std::max<Nanos>(interval, kRetryDelayMax))
                            : interval;
  retry_at_ = now + retry_delay_;
  return true;
}

Status Storage::Maintain() { return MaintainOnce(Writing::kIsWaitedFor); }

// Sealing waits for nobody meanwhile: a block may take long.
Status Storage::Flush(const std::stop_token& ending) {
  std::uint64_t returned_before = 0;
  {
    const std::scoped_lock lock(maintenance_mutex_);
    if (is_stopped_) return base::Unavailable("the store is stopped");
    // What returns to the head from here on is not sealed.
    returned_before = writer_->returned_count();
    sealer_.SealAll(tenants_.WithHead());
    writer_->BeginRound(/*is_retry=*/true);
  }
  const Status status = writer_->WriteAll(returned_before, ending);
  const std::scoped_lock lock(maintenance_mutex_);
  if (is_stopped_) return base::Unavailable("the store is stopped");
  // What failed in between is told here, and may be written by now: `status` knows.
  std::ignore = writer_->EndRound();
  Checkpoint();
  return status;
}

}  // namespace clew::storage
