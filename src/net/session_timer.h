#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <utility>

#include "base/vocabulary.h"
#include "net/loop.h"

namespace clew::net {

/// The time by which whatever a connection is doing must have come to an end. On its loop's thread.
class SessionTimer {
 public:
  /// `loop` and `clock` outlive it.
  SessionTimer(Loop& loop, const Clock& clock) : clock_(clock), timer_(loop.context) {}

  /// `timeout` from now; 0: never.
  Deadline In(Nanos timeout) const {
    return timeout > Nanos(0) ? clock_.In(timeout) : Deadline::max();
  }
  /// Calls `on_time`, which keeps alive what it needs, at `deadline` unless there is another Set or
  /// a Cancel before.
  void Set(Deadline deadline, std::function<void()> on_time) {
    // The wait may have ended already, and then is not cancelled any more.
    const std::uint64_t turn = ++turn_;
    if (deadline == Deadline::max()) {
      timer_.cancel();
      return;
    }
    timer_.expires_after(clock_.Until(deadline));
    timer_.async_wait([this, turn, on_time = std::move(on_time)](const auto& error) {
      if (!error && turn == turn_) on_time();
    });
  }
  void Cancel() {
    ++turn_;
    timer_.cancel();
  }

 private:
  using Timer =
      boost::asio::basic_waitable_timer<Deadline::clock, boost::asio::wait_traits<Deadline::clock>,
                                        boost::asio::io_context::executor_type>;

  const Clock& clock_;
  Timer timer_;
  std::uint64_t turn_ = 0;
};

}  // namespace clew::net
