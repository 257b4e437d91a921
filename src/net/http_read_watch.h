#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/vocabulary.h"
#include "net/http_input.h"
#include "net/http_read_failure.h"
#include "net/session.h"
#include "net/session_timer.h"

namespace clew::net {

/// Looks, every second while a request is read, whether it comes in time, and fast enough where
/// memory is short or the server stops. On the loop's thread.
class HttpReadWatch {
 public:
  /// All of it outlives the watch.
  HttpReadWatch(const SessionGroup& group, SessionTimer& timer, const HttpInput& input)
      : group_(group), timer_(timer), input_(input) {}

  /// From now on what is read has `timeout` to be there; 0: for ever. Calls `on_failure`, which
  /// keeps alive what it needs, once when it is not, or comes too slowly: has_failed() is true
  /// then. Uses the timer until something else is set.
  void Begin(Nanos timeout, std::function<void()> on_failure);

  /// Of what was begun last.
  bool has_failed() const { return is_timed_out_ || is_too_slow_; }
  /// What the peer hears of it. Nothing: silence is not answered; half a request is.
  std::optional<HttpReadFailure> failure() const;

 private:
  /// Until the next look, or the end.
  void Wait(std::function<void()> on_failure);
  void Look(std::function<void()> on_failure);

  const SessionGroup& group_;
  SessionTimer& timer_;
  const HttpInput& input_;
  Deadline deadline_ = Deadline::max();
  std::uint64_t read_bytes_ = 0;  // at the last look
  bool is_timed_out_ = false;
  bool is_too_slow_ = false;
};

}  // namespace clew::net
