#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include "log/log.h"

namespace clew::log {

/// The positions from which on a consumer of a log is not done: what it may commit is before the
/// lowest of them. Any thread; a hold may outlive this.
class Holds {
  struct State;

 public:
  /// Keeps one position held for as long as it lives. One thread at a time.
  class Hold {
   public:
    ~Hold();
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

    Position position() const { return *place_; }
    void MoveTo(Position position);

   private:
    friend class Holds;
    Hold(std::shared_ptr<State> state, Position position);

    const std::shared_ptr<State> state_;
    std::multiset<Position>::iterator place_;
  };
  using HoldPtr = std::shared_ptr<Hold>;

  /// To be taken before the record at `position` can be seen by who commits: before it is appended
  /// at or behind `position`, or read from there.
  HoldPtr At(Position position);
  /// Everything before it is done with; `read_up_to` when nothing is held. Who appends to the log
  /// while others take holds asks for the end of the log first: what was appended before that is
  /// held by then.
  Position Watermark(Position read_up_to) const;

 private:
  struct State {
    mutable std::mutex mutex;
    std::multiset<Position> positions;
  };

  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

using Hold = Holds::Hold;
using HoldPtr = Holds::HoldPtr;

}  // namespace clew::log
