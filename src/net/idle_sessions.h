#pragma once

#include <cstddef>
#include <list>
#include <mutex>
#include <optional>

#include "base/vocabulary.h"

namespace clew::net {

class Session;

/// The connections of a server on which no request is under way, the one that has waited longest
/// first. Any thread.
class IdleSessions {
 public:
  /// Where a session stands in line; the session keeps it, and only this class looks at it.
  class Place {
    friend class IdleSessions;
    std::optional<std::list<Session*>::iterator> at_;  // nothing: it does not wait
    Deadline since_;
  };

  /// The session waits from `now` on.
  void Add(Session& session, Deadline now);
  /// It does not wait any more, or ends. Nothing when it did not.
  void Remove(Session& session);
  /// Asks the `count` that have waited longest to close, but for those that wait since `before` or
  /// later. Nobody is asked twice, so that the next call asks others.
  void CloseOldest(std::size_t count, Deadline before);

 private:
  std::mutex mutex_;
  std::list<Session*> waiting_;
};

}  // namespace clew::net
