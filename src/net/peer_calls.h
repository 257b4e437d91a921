#pragma once

#include <atomic>
#include <cstdint>

namespace clew::net {

/// What the calls of one connection, which have all their headers, tell of themselves. Any thread.
class PeerCalls {
 public:
  void Begin() { ++open_; }
  void End() {
    ++ended_;
    --open_;
  }
  /// The message is here; a worker will take it.
  void BeginWork();
  /// It is done with the call.
  void EndWork() { --at_work_; }
  /// The call that was worked on ends without its answer: its client cancelled it, or is gone.
  void Leave() { ++left_; }
  /// The answer is written as soon as the client takes it. The call has so many bytes until then.
  void BeginAnswer(std::uint64_t bytes) {
    answered_bytes_ += bytes;
    ++answered_;
  }
  /// Likewise.
  void EndAnswer(std::uint64_t bytes) {
    --answered_;
    answered_bytes_ -= bytes;
  }

  /// Begun and not ended.
  std::uint64_t open() const { return open_; }
  std::uint64_t at_work() const { return at_work_; }
  /// The most that were worked on at once since the last time this was asked.
  std::uint64_t TakeWorkMax() { return at_work_max_.exchange(at_work_); }
  /// Of those that are open the ones whose client has not taken the answer. At once, if it takes
  /// any.
  std::uint64_t answered() const { return answered_; }
  std::uint64_t answered_bytes() const { return answered_bytes_; }
  /// Since the connection's begin.
  std::uint64_t ended() const { return ended_; }
  std::uint64_t left() const { return left_; }

 private:
  std::atomic<std::uint64_t> open_ = 0;
  std::atomic<std::uint64_t> at_work_ = 0;
  std::atomic<std::uint64_t> at_work_max_ = 0;
  std::atomic<std::uint64_t> answered_ = 0;
  std::atomic<std::uint64_t> answered_bytes_ = 0;
  std::atomic<std::uint64_t> ended_ = 0;
  std::atomic<std::uint64_t> left_ = 0;
};

}  // namespace clew::net
