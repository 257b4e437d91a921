#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "base/vocabulary.h"
#include "net/idle_sessions.h"
#include "net/loop.h"

namespace clew::net {

/// What all connections of one server share. Outlives them.
struct SessionGroup {
  /// `time` outlives it.
  explicit SessionGroup(const Clock& time) : clock(time) {}

  const Clock& clock;
  std::atomic<bool> is_stopping{false};
  std::atomic<std::uint64_t> kept_count{0};  // connections without those in told_count
  std::atomic<std::uint64_t> told_count{0};  // connections that are only told to come again
  IdleSessions idle;
  std::mutex mutex;
  std::condition_variable all_closed;  // under `mutex`, connection_count() has become 0

  std::uint64_t connection_count() const { return kept_count + told_count; }
};

/// A connection as its group counts it, until this ends; when it is moved from it has handed that
/// on.
class CountedConnection {
 public:
  /// `is_refused`: the connection is over the limit and is only told so.
  CountedConnection(SessionGroup& group, bool is_refused);
  CountedConnection(CountedConnection&& other) noexcept
      : group_(std::exchange(other.group_, nullptr)), is_refused_(other.is_refused_) {}
  CountedConnection& operator=(CountedConnection&&) = delete;
  ~CountedConnection();

  SessionGroup& group() const { return *group_; }
  bool is_refused() const { return is_refused_; }

 private:
  std::atomic<std::uint64_t>& count() const {
    return is_refused_ ? group_->told_count : group_->kept_count;
  }

  SessionGroup* group_;
  bool is_refused_;
};

/// Whose request comes more slowly does not keep a stop or a reload waiting.
inline constexpr std::uint64_t kStoppingBytesPerSecondMin = 16u << 10;

/// One connection of a server. All methods run on the loop's thread. Keeps itself alive until it is
/// closed.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Loop& loop, CountedConnection connection);
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

  bool IsOf(const SessionGroup& group) const { return &group == &group_; }

 protected:
  CountedConnection connection_;
  SessionGroup& group_ = connection_.group();
  Loop& loop_;

 private:
  friend class IdleSessions;
  IdleSessions::Place idle_place_;
};

}  // namespace clew::net
