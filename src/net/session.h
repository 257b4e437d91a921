#pragma once

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_set>

#include "net/idle_sessions.h"

namespace clew::net {

class Session;

/// What all connections of one server share. Outlives them.
struct SessionGroup {
  std::atomic<bool> is_stopping{false};
  std::atomic<std::uint64_t> kept_count{0};  // connections without those in told_count
  std::atomic<std::uint64_t> told_count{0};  // connections that are only told to come again
  IdleSessions idle;
  std::mutex mutex;
  std::condition_variable all_closed;  // under `mutex`, connection_count() has become 0

  std::uint64_t connection_count() const { return kept_count + told_count; }
};

/// One network thread. Its connections belong to it: nothing of theirs runs elsewhere but the
/// handler of a request.
struct Loop {
  boost::asio::io_context context{1};
  /// Makes what the context needs (descriptors of its own) now. Otherwise its first connection
  /// would, and fail when there are none left.
  boost::asio::steady_timer early{context};
  std::unordered_set<Session*> sessions;
  /// For whoever reads without waiting.
  std::array<char, 64u << 10> read_buffer;
};

/// One connection of a server. All methods run on the loop's thread. Keeps itself alive until it is
/// closed.
class Session : public std::enable_shared_from_this<Session> {
 public:
  /// `is_refused`: the connection is over the limit and is only told so.
  Session(SessionGroup& group, Loop& loop, bool is_refused);
  virtual ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  virtual void Start() = 0;
  /// Closes when no request is under way. While the server stops: as soon as none is, and none is
  /// begun any more.
  virtual void CloseIfIdle() = 0;
  /// Asks whoever makes an answer, if anybody does, to stop.
  virtual void Cancel() = 0;
  virtual void CloseNow() = 0;

 protected:
  SessionGroup& group_;
  Loop& loop_;
  const bool is_refused_;

 private:
  friend class IdleSessions;
  std::atomic<std::uint64_t>& count_ = is_refused_ ? group_.told_count : group_.kept_count;
  IdleSessions::Place idle_place_;
};

}  // namespace clew::net
