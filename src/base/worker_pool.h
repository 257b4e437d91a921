#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace clew::base {

/// Threads that run posted tasks, with a bounded queue. Tasks may block (fsync, a full queue).
class WorkerPool {
 public:
  /// `name` (at most 15 bytes) is what the threads show in tools such as top.
  WorkerPool(std::string name, std::size_t thread_count, std::size_t queue_limit);
  /// Finishes what is queued, then joins.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// False when the queue is full or the pool is stopping: `task` was not taken and the caller must
  /// answer "try later". Any thread.
  [[nodiscard]] bool TryPost(std::function<void()> task);
  std::size_t queue_count() const;

 private:
  void Run();

  const std::string name_;
  const std::size_t queue_limit_;
  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::deque<std::function<void()>> tasks_;
  bool is_stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace clew::base
