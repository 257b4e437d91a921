#include "net/idle_sessions.h"

#include <boost/asio/post.hpp>
#include <memory>

#include "net/session.h"

namespace clew::net {

void IdleSessions::Add(Session& session, Deadline now) {
  Remove(session);
  const std::scoped_lock lock(mutex_);
  Place& place = session.idle_place_;
  place.at_ = waiting_.insert(waiting_.end(), &session);
  place.since_ = now;
}

void IdleSessions::Remove(Session& session) {
  const std::scoped_lock lock(mutex_);
  Place& place = session.idle_place_;
  if (!place.at_) return;
  waiting_.erase(*place.at_);
  place.at_.reset();
}

void IdleSessions::CloseOldest(std::size_t count, Deadline before) {
  const std::scoped_lock lock(mutex_);
  for (; count > 0 && !waiting_.empty(); --count) {
    // It removes itself before it ends, and so lives as long as it is in line.
    Session& session = *waiting_.front();
    if (session.idle_place_.since_ >= before) return;
    waiting_.pop_front();
    session.idle_place_.at_.reset();
    boost::asio::post(session.loop_.context, [weak = session.weak_from_this()] {
      if (const std::shared_ptr<Session> idle = weak.lock()) idle->CloseIfIdle();
    });
  }
}

}  // namespace clew::net
