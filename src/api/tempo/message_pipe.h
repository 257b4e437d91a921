#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

#include "api/text_source.h"
#include "base/vocabulary.h"

namespace clew::api::tempo {

/// Messages from the thread that makes them to those that send them. What waits in it is counted
/// by whoever makes it.
class MessagePipe {
 public:
  void Put(std::string message);
  /// No more is put; the last messages are those of `rest`, or none with an error, which ends the
  /// stream. Once.
  void End(Result<TextSource> rest);

  /// Waits for the next message; nothing at the end. One call at a time; on a worker in a
  /// base::WorkerPool::BlockingScope.
  Result<std::optional<std::string>> Next();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> messages_;
  bool has_ended_ = false;
  std::optional<Error> error_;
  /// Null when it has given all, or there is none.
  TextSource rest_;
};

}  // namespace clew::api::tempo
