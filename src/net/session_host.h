#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include "base/file.h"
#include "base/vocabulary.h"
#include "net/connection_listener.h"
#include "net/listen_options.h"
#include "net/loops.h"
#include "net/session.h"

namespace clew::net {

/// Accepts the connections of one server and runs them on the threads of the process until it is
/// stopped.
class SessionHost {
 public:
  /// Makes the session of a connection; the descriptor does not block. `is_refused` as Session has
  /// it.
  using MakeSession = std::function<std::shared_ptr<Session>(
      Loop& loop, base::FileDescriptor descriptor, bool is_refused)>;

  struct Options {
    ListenOptions listen;
    /// For each connection that is refused one that is idle, and has been for so long, is closed.
    Nanos idle_time_min{0};
    /// Whether connections over the limit are told so, by sessions of their own, or just closed.
    bool tells_refused = false;
  };

  /// `group` and `loops` outlive the host.
  SessionHost(SessionGroup& group, Loops& loops, Options options)
      : group_(group), loops_(loops), accepting_(loops.Next()), options_(std::move(options)) {}
  ~SessionHost() { Stop(base::kAtOnce); }
  SessionHost(const SessionHost&) = delete;
  SessionHost& operator=(const SessionHost&) = delete;

  /// Listens when it returns. UNAVAILABLE names the address when it is taken. Once.
  Status Start(MakeSession make_session);
  std::uint16_t port() const { return port_; }
  /// Connections over a limit since the start.
  std::uint64_t refused_count() const;
  /// Stops accepting and lets requests under way finish until shortly before `deadline`; then those
  /// who answer them are asked to stop, and at `deadline` all connections are closed. Returns when
  /// all sessions are gone, with whatever keeps them. Not on a thread of the loops. Idempotent.
  void Stop(Deadline deadline);

 private:
  ConnectionHandlers MakeHandlers();
  void StartSession(base::FileDescriptor descriptor, bool is_refused);
  void OnLoops(const std::function<void(Loop&)>& function);
  void ForEachSession(const std::function<void(Session&)>& function);
  bool WaitUntilClosed(Deadline deadline);

  SessionGroup& group_;
  Loops& loops_;
  Loop& accepting_;  // whose thread owns the listener
  const Options options_;
  MakeSession make_session_;
  std::unique_ptr<ConnectionListener> listener_;
  std::uint16_t port_ = 0;
  std::mutex stop_mutex_;
  bool is_stopped_ = false;
};

}  // namespace clew::net
