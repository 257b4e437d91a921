#include "net/session.h"

#include <boost/asio/post.hpp>

namespace clew::net {

void Loop::Defer(std::function<void()> turn) {
  turns_.push_back(std::move(turn));
  if (!is_turn_posted_) PostTurn();
}

void Loop::PostTurn() {
  // Behind what is ready, and what the kernel says to be so.
  boost::asio::post(context, [this] {
    is_turn_posted_ = false;
    const std::function<void()> turn = std::move(turns_.front());
    turns_.pop_front();
    if (!turns_.empty()) PostTurn();
    turn();
  });
  is_turn_posted_ = true;
}

CountedConnection::CountedConnection(SessionGroup& group, bool is_refused)
    : group_(&group), is_refused_(is_refused) {
  ++count();
}

CountedConnection::~CountedConnection() {
  if (group_ == nullptr) return;
  const std::scoped_lock lock(group_->mutex);
  --count();
  if (group_->connection_count() == 0) group_->all_closed.notify_all();
}

Session::Session(Loop& loop, CountedConnection connection)
    : connection_(std::move(connection)), loop_(loop) {}

Session::~Session() {
  loop_.sessions.erase(this);
  group_.idle.Remove(*this);
}

}  // namespace clew::net
