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

std::shared_ptr<base::Event> StandbyThread::Run(std::function<void()> task) {
  const std::scoped_lock lock(mutex_);
  task_ = std::move(task);
  ended_ = std::make_shared<base::Event>();
  changed_.notify_one();
  return ended_;
}

void StandbyThread::Serve() {
  pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return task_ != nullptr || is_ending_; });
    if (task_ == nullptr) return;
    std::function<void()> task = std::exchange(task_, nullptr);
    const std::shared_ptr<base::Event> ended = ended_;
    lock.unlock();
    task();
    task = nullptr;  // what it holds goes before anybody is told
    ended->Set();
    lock.lock();
  }
}

}  // namespace clew::pipeline
