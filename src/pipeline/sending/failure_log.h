#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "base/log_pause.h"
#include "base/vocabulary.h"
#include "model/signal.h"

namespace clew::pipeline::sending {

/// What the log of the process says of sends that fail. While a back end is away each request fails
/// at each try: there is a line when that begins, one a minute with how many there were, and one
/// when a send succeeds again; of each try at level debug only. Any thread.
class FailureLog {
 public:
  /// `id` names the exporter. `clock` outlives this.
  FailureLog(std::string id, model::Signal signal, const Clock& clock);

  /// A request that failed is sent again after `interval`.
  void AddRetry(const Error& error, Nanos interval);
  /// A request was taken.
  void AddSuccess();
  /// A request of so many items failed for good, or was left to the log that has them.
  enum class Outcome { kDropped, kKeptByLog };
  void AddGivenUp(Outcome outcome, const Error& error, std::uint64_t item_count);
  /// Says what no line has said yet of requests that were given up.
  void Finish();

 private:
  /// What no line has said yet.
  struct Untold {
    std::uint64_t request_count = 0;
    std::uint64_t item_count = 0;
    Error last_error{};
  };
  struct GivenUp {
    base::LogPause pause;
    Untold untold{};
  };

  void LogGivenUp(Outcome outcome, const Untold& untold) const;

  const std::string id_;
  const model::Signal signal_;
  const Clock& clock_;
  base::LogPause retry_pause_;
  std::atomic<std::uint64_t> retry_count_{0};  // since the line that says that sends succeed
  /// A line says that sends fail, and none since that they do not.
  std::atomic<bool> is_told_{false};
  std::mutex mutex_;
  // Apart, under mutex_: one must not hide the other.
  GivenUp dropped_;
  GivenUp kept_;
};

}  // namespace clew::pipeline::sending
