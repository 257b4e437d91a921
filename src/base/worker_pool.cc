#include "base/worker_pool.h"

#include <pthread.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace clew::base {
namespace {

// The pool whose task this thread runs, unless the task waits in a BlockingScope.
thread_local WorkerPool* running_pool = nullptr;
thread_local bool is_worker = false;

}  // namespace

WorkerPool::BlockingScope::BlockingScope() : pool_(std::exchange(running_pool, nullptr)) {
  if (pool_ == nullptr) return;
  const std::scoped_lock lock(pool_->mutex_);
  --pool_->running_count_;
  ++pool_->waiting_count_;
  pool_->StartTask();
}

WorkerPool::BlockingScope::~BlockingScope() {
  if (pool_ == nullptr) return;
  running_pool = pool_;
  const std::scoped_lock lock(pool_->mutex_);
  --pool_->waiting_count_;
  ++pool_->running_count_;
}

WorkerPool::WorkerPool(std::string name, std::size_t thread_count, std::size_t queue_limit,
                       Nanos idle_time)
    : name_(std::move(name)),
      thread_count_(thread_count),
      queue_limit_(queue_limit),
      idle_time_(idle_time) {
  std::unique_lock lock(mutex_);
  try {
    for (std::size_t i = 0; i < thread_count; ++i) AddThread();
  } catch (...) {
    Stop(lock);
    throw;
  }
}

WorkerPool::~WorkerPool() {
  std::unique_lock lock(mutex_);
  Stop(lock);
}

void WorkerPool::Stop(std::unique_lock<std::mutex>& lock) {
  is_stopping_ = true;
  while (!idle_.empty()) WakeLast();
  thread_ended_.wait(lock, [this] { return threads_.empty(); });
  for (std::thread& thread : ended_threads_) thread.join();
}

bool WorkerPool::TryPost(std::function<void()> task) {
  const std::scoped_lock lock(mutex_);
  if (is_stopping_ || tasks_.size() >= queue_limit_) return false;
  tasks_.push_back(std::move(task));
  StartTask();
  return true;
}

WorkerPool::Counts WorkerPool::counts() const {
  const std::scoped_lock lock(mutex_);
  return {.queued = tasks_.size(),
          .running = running_count_,
          .waiting = waiting_count_,
          .threads = threads_.size()};
}

bool WorkerPool::IsWorker() { return is_worker; }

void WorkerPool::StartTask() {
  if (tasks_.empty() || running_count_ + starting_count_ >= thread_count_) return;
  if (!idle_.empty()) {
    WakeLast();
  } else if (threads_.size() < thread_count_ + kWaitingMax) {
    try {
      AddThread();
    } catch (const std::system_error&) {
      // The machine has no more threads; those that there are take the task in their turn.
    }
  }
}

void WorkerPool::AddThread() {
  for (std::thread& thread : ended_threads_) thread.join();
  ended_threads_.clear();
  const Thread self = threads_.emplace(threads_.end());
  try {
    *self = std::thread([this, self] { Run(self); });
  } catch (...) {
    threads_.erase(self);
    throw;
  }
  ++starting_count_;
}

void WorkerPool::WakeLast() {
  Idle* const idle = idle_.back();
  idle_.pop_back();
  ++starting_count_;
  idle->is_woken = true;
  idle->wake.notify_one();
}

bool WorkerPool::WaitForTask(std::unique_lock<std::mutex>& lock) {
  if (is_stopping_ && tasks_.empty()) return false;
  Idle idle;
  idle_.push_back(&idle);
  const auto is_woken = [&idle] { return idle.is_woken; };
  if (threads_.size() <= thread_count_) {
    idle.wake.wait(lock, is_woken);
  } else if (!idle.wake.wait_for(lock, idle_time_, is_woken)) {
    std::erase(idle_, &idle);
    return threads_.size() <= thread_count_;
  }
  --starting_count_;
  return true;
}

void WorkerPool::Run(Thread self) {
  pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
  is_worker = true;
  std::unique_lock lock(mutex_);
  --starting_count_;
  do {
    while (!tasks_.empty() && running_count_ < thread_count_) {
      std::function<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      ++running_count_;
      lock.unlock();
      running_pool = this;
      task();
      task = nullptr;
      running_pool = nullptr;
      lock.lock();
      --running_count_;
    }
  } while (WaitForTask(lock));
  // The others, too, when this was the last task before the end.
  while (is_stopping_ && !idle_.empty()) WakeLast();
  ended_threads_.splice(ended_threads_.end(), threads_, self);
  thread_ended_.notify_all();
}

}  // namespace clew::base
