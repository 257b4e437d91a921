#include "api/tempo/message_pipe.h"

#include <utility>

#include "base/worker_pool.h"

namespace clew::api::tempo {

void MessagePipe::Put(std::string message) {
  const std::scoped_lock lock(mutex_);
  messages_.push_back(std::move(message));
  changed_.notify_one();
}

void MessagePipe::End(Result<TextSource> rest) {
  const std::scoped_lock lock(mutex_);
  if (rest.has_value()) {
    rest_ = *std::move(rest);
  } else {
    error_ = std::move(rest).error();
  }
  has_ended_ = true;
  changed_.notify_one();
}

Result<std::optional<std::string>> MessagePipe::Next() {
  std::unique_lock lock(mutex_);
  if (messages_.empty() && !has_ended_) {
    const base::WorkerPool::BlockingScope waiting;
    changed_.wait(lock, [this] { return !messages_.empty() || has_ended_; });
  }
  if (!messages_.empty()) {
    std::string message = std::move(messages_.front());
    messages_.pop_front();
    return message;
  }
  if (error_) return std::unexpected(*error_);
  if (rest_ == nullptr) return std::nullopt;
  std::string message;
  ASSIGN_OR_RETURN(const bool has_more, rest_(&message));
  if (!has_more) rest_ = nullptr;
  return message;
}

}  // namespace clew::api::tempo
