#include "pipeline/graph/standby_thread.h"

#include <pthread.h>

#include <utility>

namespace clew::pipeline {

StandbyThread::StandbyThread(std::string name)
    : name_(std::move(name)), thread_([this] { Serve(); }) {}

StandbyThread::~StandbyThread() {
  {
    const std::scoped_lock lock(mutex_);
    is_ending_ = true;
    changed_.notify_one();
  }
  thread_.join();
}

std::future<void> StandbyThread::Run(std::function<void()> task) {
  const std::scoped_lock lock(mutex_);
  task_ = std::packaged_task<void()>(std::move(task));
  changed_.notify_one();
  return task_.get_future();
}

void StandbyThread::Serve() {
  pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return task_.valid() || is_ending_; });
    if (!task_.valid()) return;
    std::packaged_task<void()> task = std::exchange(task_, {});
    lock.unlock();
    task();
    lock.lock();
  }
}

}  // namespace clew::pipeline
