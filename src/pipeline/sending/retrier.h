#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>

#include "base/clock.h"
#include "base/random.h"
#include "base/vocabulary.h"
#include "pipeline/context.h"
#include "pipeline/settings/sending.h"

namespace clew::pipeline::sending {

/// When data is given up that fails for reasons that pass.
enum class Patience {
  /// After `max_elapsed_time`, or at once when retries are off.
  kAsConfigured,
  /// The same, or at once when Release is called meanwhile.
  kUntilReleased,
  /// Never: its source (the log) keeps it until it is taken.
  kEndless,
};

/// Repeats an attempt while it fails for a reason that passes, with waits that grow and vary
/// (collector-config.md section 4, retry loop). Any thread, several at once.
class Retrier {
 public:
  struct Options {
    bool is_enabled = true;
    settings::RetrySection section;
  };

  /// Called before each wait, with why and how long; any thread.
  using OnRetry = std::function<void(const Error& error, Nanos delay)>;

  /// `clock` and `random` outlive this.
  Retrier(OnRetry on_retry, const Options& options, const Clock& clock, base::Random& random);

  /// Runs `attempt` on this thread until it succeeds, fails for good, is given up, or Stop is
  /// called. The error is the last attempt's.
  Result<Receipt> Run(const std::function<Result<Receipt>()>& attempt,
                      Patience patience = Patience::kAsConfigured);

  /// Ends all waits, each with one more attempt: from now on every attempt is the last one.
  void Stop();
  bool is_stopped() const;
  /// Ends the waits that are under way with Patience::kUntilReleased, without another attempt.
  void Release();

 private:
  // `interval` becomes the one after the next failure.
  Nanos NextDelay(Nanos& interval);
  // Until the delay is over or Stop is called. False when it was released instead.
  bool WaitFor(Nanos delay, Patience patience);

  const OnRetry on_retry_;
  const Options options_;
  const Clock& clock_;
  base::Random& random_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool is_stopped_ = false;
  std::uint64_t release_count_ = 0;
};

}  // namespace clew::pipeline::sending
