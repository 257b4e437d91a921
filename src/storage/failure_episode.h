#pragma once

#include <cstdint>
#include <string>

#include "base/vocabulary.h"

namespace clew::storage {

/// What is tried again each second fails as often: a line in the log of the process when that
/// begins and when it becomes another failure, not one a second. One thread.
class FailureEpisode {
 public:
  /// `what` failed, as the line says it; outlives this.
  explicit FailureEpisode(const char* what) : what_(what) {}

  /// Logged when it is the first, or of another code than the last; in other words alone, which may
  /// be no more than the name of another try's file, once a minute.
  void Add(const Error& error, Nanos now);
  /// The same of a round in which `count` failed, each of which may have an episode of its own: the
  /// caller knows whether one began or became another failure (`is_news`), and `error` is that one.
  void AddRound(const Error& error, bool is_news, std::uint64_t count, Nanos now);
  /// It was done: the next failure is a first again.
  void End() { is_under_way_ = false; }

 private:
  const char* what_;
  bool is_under_way_ = false;
  Code code_{};
  std::string message_;  // what was logged last
  Nanos logged_at_{0};
};

}  // namespace clew::storage
