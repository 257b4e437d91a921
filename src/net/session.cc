#include "net/session.h"

namespace clew::net {

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
