#pragma once

#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/vocabulary.h"
#include "net/connection_listener.h"
#include "net/listen_options.h"
#include "net/session.h"

namespace clew::net {

/// The network threads of one server: accepts its connections and runs them until it is stopped.
class SessionHost {
 public:
  /// Makes the session of a connection; the descriptor does not block. `is_refused` as Session has
  /// it.
  using MakeSession = std::function<std::shared_ptr<Session>(
      Loop& loop, base::FileDescriptor descriptor, bool is_refused)>;

  struct Options {
    const char* thread_name = "";  // at most 15 characters
    ListenOptions listen;
    /// For each connection that is refused one that is idle, and has been for so long, is closed.
    Nanos idle_time_min{0};
    /// Whether connections over the limit are told so, by sessions of their own, or just closed.
    bool tells_refused = false;
  };

  /// `group` outlives the host.
  SessionHost(SessionGroup& group, Options options) : group_(group), options_(std::move(options)) {}
  ~SessionHost() { Stop(std::chrono::steady_clock::now()); }
  SessionHost(const SessionHost&) = delete;
  SessionHost& operator=(const SessionHost&) = delete;

  /// Listens when it returns. UNAVAILABLE names the address when it is taken. Once.
  Status Start(MakeSession make_session);
  std::uint16_t port() const { return port_; }
  /// Connections over a limit since the start.
  std::uint64_t refused_count() const;
  /// Stops accepting and lets requests under way finish until shortly before `deadline`; then those
  /// who answer them are asked to stop, and at `deadline` all connections are closed. Returns when
  /// all sessions are gone, with whatever keeps them. Idempotent.
  void Stop(Deadline deadline);

 private:
  using WorkGuard = boost::asio::executor_work_guard<boost::asio::io_context::executor_type>;

  static constexpr std::size_t kThreadCount = 2;

  void Run(Loop& loop) const;
  ConnectionHandlers MakeHandlers();
  void StartSession(base::FileDescriptor descriptor, bool is_refused);
  void EndStart();
  void ForEachSession(const std::function<void(Session&)>& function);
  bool WaitUntilClosed(Deadline deadline);

  SessionGroup& group_;
  const Options options_;
  MakeSession make_session_;
  std::array<Loop, kThreadCount> loops_;
  std::unique_ptr<ConnectionListener> listener_;
  std::size_t next_loop_ = 0;
  std::uint16_t port_ = 0;
  std::vector<WorkGuard> guards_;
  std::vector<std::thread> threads_;
  std::mutex stop_mutex_;
};

}  // namespace clew::net
