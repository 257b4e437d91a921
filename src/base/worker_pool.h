#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"

namespace clew::base {

/// Threads that run posted tasks, with a bounded queue. A task that waits for something slow (a
/// disk, another machine) says so with a BlockingScope, and holds up nobody.
class WorkerPool {
 public:
  /// While it lives, the task that made it does not count as running, so that another may begin. It
  /// goes on at once when it has waited: for a moment more tasks may run than the pool has threads,
  /// and no new one begins meanwhile. On the thread of the task; on other threads, and within
  /// another, it does nothing.
  class BlockingScope {
   public:
    BlockingScope();
    ~BlockingScope();
    BlockingScope(const BlockingScope&) = delete;
    BlockingScope& operator=(const BlockingScope&) = delete;

   private:
    WorkerPool* const pool_;
  };

  /// How many tasks may wait in a BlockingScope while others begin; past it tasks stay queued.
  static constexpr std::size_t kWaitingMax = 1000;

  struct Counts {
    /// Tasks that wait for a thread.
    std::size_t queued = 0;
    /// Tasks that run, and those that wait in a BlockingScope.
    std::size_t running = 0;
    std::size_t waiting = 0;
    std::size_t threads = 0;
  };

  /// `name` (at most 15 bytes) is what the threads show in tools such as top. At most
  /// `thread_count` tasks begin to run at once. Threads beyond those, which waiting tasks made
  /// necessary, end when they had nothing to do for `idle_time`. Throws std::system_error when
  /// threads cannot be started: see RefuseWithoutThreads.
  WorkerPool(std::string name, std::size_t thread_count, std::size_t queue_limit,
             Nanos idle_time = std::chrono::seconds(5));
  /// Finishes what is queued, then joins.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// False when the queue is full or the pool is stopping: `task` was not taken and the caller must
  /// answer "try later". Any thread.
  [[nodiscard]] bool TryPost(std::function<void()> task);
  std::size_t queue_count() const { return counts().queued; }
  Counts counts() const;
  /// Whether this thread belongs to a pool, and so is missing there while it waits.
  static bool IsWorker();

 private:
  /// A thread that waits for a task.
  struct Idle {
    std::condition_variable wake;
    bool is_woken = false;
  };
  using Thread = std::list<std::thread>::iterator;

  void Run(Thread self);
  // The rest with mutex_ held.
  void Stop(std::unique_lock<std::mutex>& lock);
  /// Has a thread take a task, when there is one that may begin.
  void StartTask();
  void AddThread();
  void WakeLast();
  /// False when this thread is not needed any more.
  bool WaitForTask(std::unique_lock<std::mutex>& lock);

  const std::string name_;
  const std::size_t thread_count_;
  const std::size_t queue_limit_;
  const Nanos idle_time_;
  mutable std::mutex mutex_;
  std::condition_variable thread_ended_;
  std::deque<std::function<void()>> tasks_;
  std::size_t running_count_ = 0;
  std::size_t waiting_count_ = 0;
  /// Threads that were woken or made and have not looked for a task yet.
  std::size_t starting_count_ = 0;
  /// The last was busy last: it is woken first, so that the others can end.
  std::vector<Idle*> idle_;
  bool is_stopping_ = false;
  std::list<std::thread> threads_;
  std::list<std::thread> ended_threads_;  // to be joined
};

}  // namespace clew::base
