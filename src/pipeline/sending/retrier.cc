#include "pipeline/sending/retrier.h"

#include <algorithm>
#include <utility>

#include "base/worker_pool.h"

namespace clew::pipeline::sending {

Retrier::Retrier(OnRetry on_retry, const Options& options, const Clock& clock, base::Random& random)
    : on_retry_(std::move(on_retry)), options_(options), clock_(clock), random_(random) {}

Result<Receipt> Retrier::Run(const std::function<Result<Receipt>()>& attempt, Patience patience) {
  const bool is_endless = patience == Patience::kEndless;
  const Nanos start = clock_.Monotonic();
  Nanos interval = options_.section.initial_interval;
  while (true) {
    Result<Receipt> result = attempt();
    const bool may_repeat = options_.is_enabled || is_endless;
    if (result.has_value() || !result.error().is_retryable() || !may_repeat) {
      return result;
    }
    Nanos delay = NextDelay(interval);
    delay = std::max(delay, result.error().retry_after.value_or(Nanos(0)));
    const Nanos elapsed = clock_.Monotonic() - start;
    const Nanos elapsed_max = is_endless ? Nanos(0) : options_.section.max_elapsed_time;
    if (is_stopped()) {
      return std::unexpected(std::move(result).error().Annotate("stopping, no more retries"));
    }
    if (elapsed_max > Nanos(0) && (delay > elapsed_max || elapsed > elapsed_max - delay)) {
      return std::unexpected(std::move(result).error().Annotate("no more retries left"));
    }
    on_retry_(result.error(), delay);
    if (!WaitFor(delay, patience)) {
      return std::unexpected(std::move(result).error().Annotate("reloading, no more retries"));
    }
  }
}

Nanos Retrier::NextDelay(Nanos& interval) {
  const settings::RetrySection& section = options_.section;
  const auto middle = static_cast<double>(interval.count());
  const double spread = section.randomization_factor * middle;
  const double delay = middle - spread + random_.NextDouble() * 2 * spread;
  const auto longest = static_cast<double>(section.max_interval.count());
  interval = Nanos(static_cast<std::int64_t>(std::min(middle * section.multiplier, longest)));
  return Nanos(static_cast<std::int64_t>(delay));
}

bool Retrier::WaitFor(Nanos delay, Patience patience) {
  // Whatever max_interval is, the sum below stays far from overflow.
  const Nanos until = clock_.Monotonic() + std::min<Nanos>(delay, std::chrono::hours(24));
  const base::WorkerPool::BlockingScope waiting;
  std::unique_lock lock(mutex_);
  const std::uint64_t releases_before = release_count_;
  while (!is_stopped_ && clock_.Monotonic() < until) {
    clock_.Wait(lock, wake_, until);
    if (patience == Patience::kUntilReleased && release_count_ != releases_before) return false;
  }
  return true;
}

void Retrier::Stop() {
  const std::scoped_lock lock(mutex_);
  is_stopped_ = true;
  wake_.notify_all();
}

void Retrier::Release() {
  const std::scoped_lock lock(mutex_);
  ++release_count_;
  wake_.notify_all();
}

bool Retrier::is_stopped() const {
  const std::scoped_lock lock(mutex_);
  return is_stopped_;
}

}  // namespace clew::pipeline::sending
