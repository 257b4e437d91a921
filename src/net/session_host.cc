#include "net/session_host.h"

#include <pthread.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <exception>
#include <future>
#include <utility>

#include "base/logging.h"

namespace clew::net {
namespace {

namespace asio = boost::asio;

/// Connections over the limit that are told so at the same time; more are closed unheard.
constexpr std::uint64_t kToldCountMax = 64;
/// How long before the end of a stop handlers are asked to stop, at most.
constexpr Nanos kCancelTimeMax = std::chrono::seconds(1);

/// Runs `function` on the loop's thread and waits for it.
void OnLoop(Loop& loop, const std::function<void()>& function) {
  std::promise<void> done;
  asio::post(loop.context, [&] {
    function();
    done.set_value();
  });
  done.get_future().wait();
}

/// When handlers are asked to stop, so that they can answer before `deadline`.
Deadline CancelTime(Deadline deadline) {
  if (deadline == Deadline::max()) return deadline;
  const auto left = deadline - std::chrono::steady_clock::now();
  return deadline - std::clamp<Nanos>(left / 4, Nanos(0), kCancelTimeMax);
}

}  // namespace

Status SessionHost::Start(MakeSession make_session) {
  make_session_ = std::move(make_session);
  ASSIGN_OR_RETURN(listener_, ConnectionListener::Listen(loops_.front().context, options_.listen));
  port_ = listener_->port();
  for (Loop& loop : loops_) {
    guards_.emplace_back(loop.context.get_executor());
    threads_.emplace_back([this, &loop] { Run(loop); });
  }
  asio::post(loops_.front().context, [this] { listener_->Start(MakeHandlers()); });
  return {};
}

std::uint64_t SessionHost::refused_count() const {
  return listener_ == nullptr ? 0 : listener_->refused_count();
}

void SessionHost::Stop(Deadline deadline) {
  const std::scoped_lock stop_lock(stop_mutex_);
  if (threads_.size() < loops_.size()) return EndStart();
  group_.is_stopping = true;
  OnLoop(loops_.front(), [this] { listener_->Close(); });
  ForEachSession([](Session& session) { session.CloseIfIdle(); });
  if (!WaitUntilClosed(CancelTime(deadline))) {
    ForEachSession([](Session& session) { session.Cancel(); });
  }
  if (!WaitUntilClosed(deadline)) {
    ForEachSession([](Session& session) { session.CloseNow(); });
    // What remains is in a handler, which still uses what our caller is about to destroy.
    WaitUntilClosed(Deadline::max());
  }
  guards_.clear();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

/// After a stop, or a start that could not start all threads: nobody has been accepted.
void SessionHost::EndStart() {
  for (Loop& loop : loops_) loop.context.stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void SessionHost::Run(Loop& loop) const {
  pthread_setname_np(pthread_self(), options_.thread_name);
  for (;;) {
    try {
      loop.context.run();
      return;
    } catch (const std::exception& error) {
      // Only this connection is lost: it was destroyed with the function that threw.
      base::Log(base::LogLevel::kError, "a connection failed",
                {{"server", options_.listen.name}, {"error", error.what()}});
    }
  }
}

ConnectionHandlers SessionHost::MakeHandlers() {
  ConnectionHandlers handlers{
      .count = [this] { return group_.kept_count.load(); },
      .take = [this](base::FileDescriptor socket) { StartSession(std::move(socket), false); },
      .make_room =
          [this](std::size_t count) {
            const auto now = std::chrono::steady_clock::now();
            group_.idle.CloseOldest(count, now - options_.idle_time_min);
          }};
  if (options_.tells_refused) {
    handlers.refuse = [this](base::FileDescriptor socket) {
      if (group_.told_count < kToldCountMax) StartSession(std::move(socket), true);
    };
  }
  return handlers;
}

/// Runs on the first loop, which owns the listener; sockets go round the loops.
void SessionHost::StartSession(base::FileDescriptor descriptor, bool is_refused) {
  Loop& loop = loops_[next_loop_++ % loops_.size()];
  std::shared_ptr<Session> session = make_session_(loop, std::move(descriptor), is_refused);
  asio::post(loop.context, [this, &loop, session = std::move(session)] {
    if (group_.is_stopping) return;
    loop.sessions.insert(session.get());
    session->Start();
  });
}

void SessionHost::ForEachSession(const std::function<void(Session&)>& function) {
  for (Loop& loop : loops_) {
    OnLoop(loop, [&] {
      const std::vector<Session*> sessions(loop.sessions.begin(), loop.sessions.end());
      for (Session* session : sessions) function(*session);
    });
  }
}

bool SessionHost::WaitUntilClosed(Deadline deadline) {
  std::unique_lock lock(group_.mutex);
  const auto is_closed = [this] { return group_.connection_count() == 0; };
  if (deadline == Deadline::max()) {
    group_.all_closed.wait(lock, is_closed);
    return true;
  }
  return group_.all_closed.wait_until(lock, deadline, is_closed);
}

}  // namespace clew::net
