#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <unordered_set>

namespace clew::net {

class Session;

/// One network thread (loops.h). Its connections belong to it: nothing of theirs runs elsewhere but
/// the handler of a request and what makes its reply.
struct Loop {
  boost::asio::io_context context{1};
  /// Makes what the context needs (descriptors of its own) now. Otherwise its first connection
  /// would, and fail when there are none left.
  boost::asio::steady_timer early{context};
  /// Of all servers.
  std::unordered_set<Session*> sessions;
  /// For whoever reads without waiting.
  std::array<char, 64u << 10> read_buffer;

  /// Has `turn`, which goes on with what takes long, run when those that were deferred before it
  /// have. Whatever else has become ready runs between two of them: it waits for one at most.
  void Defer(std::function<void()> turn);
  /// Runs `function` on its thread, after what was posted before, and waits for that. From other
  /// threads only.
  void RunAndWait(const std::function<void()>& function);

 private:
  void PostTurn();

  std::deque<std::function<void()>> turns_;  // deferred
  bool is_turn_posted_ = false;
};

}  // namespace clew::net
