#include "net/session_host.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>
#include <vector>

#include "net/loop.h"

namespace clew::net {
namespace {

namespace asio = boost::asio;

/// Connections over the limit that are told so at the same time; more are closed unheard.
constexpr std::uint64_t kToldCountMax = 64;
/// How long before the end of a stop handlers are asked to stop, at most.
constexpr Nanos kCancelTimeMax = std::chrono::seconds(1);

/// When handlers are asked to stop, so that they can answer before `deadline`.
Deadline CancelTime(Deadline deadline, const Clock& clock) {
  if (deadline == Deadline::max()) return deadline;
  return deadline - std::min(clock.Until(deadline) / 4, kCancelTimeMax);
}

}  // namespace

Status SessionHost::Start(MakeSession make_session) {
  make_session_ = std::move(make_session);
  ASSIGN_OR_RETURN(listener_, ConnectionListener::Listen(accepting_.context, options_.listen));
  port_ = listener_->port();
  asio::post(accepting_.context, [this] { listener_->Start(MakeHandlers()); });
  return {};
}

std::uint64_t SessionHost::refused_count() const {
  return listener_ == nullptr ? 0 : listener_->refused_count();
}

void SessionHost::Stop(Deadline deadline) {
  const std::scoped_lock stop_lock(stop_mutex_);
  if (listener_ == nullptr || std::exchange(is_stopped_, true)) return;
  group_.is_stopping = true;
  accepting_.RunAndWait([this] { listener_->Close(); });
  ForEachSession([](Session& session) { session.CloseIfIdle(); });
  if (!WaitUntilClosed(CancelTime(deadline, group_.clock))) {
    ForEachSession([](Session& session) { session.Cancel(); });
  }
  if (!WaitUntilClosed(deadline)) {
    ForEachSession([](Session& session) { session.CloseNow(); });
    // What remains is in a handler, which still uses what our caller is about to destroy.
    WaitUntilClosed(Deadline::max());
  }
  // The threads go on: what ends with the last connection, or was about to accept one, has ended
  // when they come to this.
  OnLoops([](Loop&) {});
}

ConnectionHandlers SessionHost::MakeHandlers() {
  ConnectionHandlers handlers{
      .count = [this] { return group_.kept_count.load(); },
      .take = [this](base::FileDescriptor socket) { StartSession(std::move(socket), false); },
      .make_room =
          [this](std::size_t count) {
            group_.idle.CloseOldest(count, group_.clock.Time() - options_.idle_time_min);
          }};
  if (options_.tells_refused) {
    handlers.refuse = [this](base::FileDescriptor socket) {
      if (group_.told_count < kToldCountMax) StartSession(std::move(socket), true);
    };
  }
  return handlers;
}

/// Runs on the loop that accepts; sockets go round the loops.
void SessionHost::StartSession(base::FileDescriptor descriptor, bool is_refused) {
  Loop& loop = loops_.Next();
  std::shared_ptr<Session> session = make_session_(loop, std::move(descriptor), is_refused);
  asio::post(loop.context, [this, &loop, session = std::move(session)] {
    if (group_.is_stopping) return;
    loop.sessions.insert(session.get());
    session->Start();
  });
}

void SessionHost::OnLoops(const std::function<void(Loop&)>& function) {
  for (std::size_t i = 0; i < loops_.count(); ++i) {
    Loop& loop = loops_.at(i);
    loop.RunAndWait([&] { function(loop); });
  }
}

void SessionHost::ForEachSession(const std::function<void(Session&)>& function) {
  OnLoops([&](Loop& loop) {
    // A copy: some close.
    const std::vector<Session*> sessions(loop.sessions.begin(), loop.sessions.end());
    for (Session* session : sessions) {
      if (session->IsOf(group_)) function(*session);
    }
  });
}

bool SessionHost::WaitUntilClosed(Deadline deadline) {
  std::unique_lock lock(group_.mutex);
  const auto is_closed = [this] { return group_.connection_count() == 0; };
  return group_.clock.WaitUntil(lock, group_.all_closed, deadline, is_closed);
}

}  // namespace clew::net
