#include "net/session.h"

namespace clew::net {

Session::Session(SessionGroup& group, Loop& loop, bool is_refused)
    : group_(group), loop_(loop), is_refused_(is_refused) {
  ++count_;
}

Session::~Session() {
  loop_.sessions.erase(this);
  group_.idle.Remove(*this);
  const std::scoped_lock lock(group_.mutex);
  --count_;
  if (group_.connection_count() == 0) group_.all_closed.notify_all();
}

}  // namespace clew::net
