#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/event.h"

namespace clew::pipeline {

/// A thread that waits for something to do: for what must not depend on whether the system has a
/// thread left when its time comes. One user at a time.
class StandbyThread {
 public:
  /// `name` (at most 15 bytes) is what tools such as top show. Throws std::system_error when the
  /// thread cannot be started: see RefuseWithoutThreads.
  explicit StandbyThread(std::string name);
  /// Waits for the task.
  ~StandbyThread();
  StandbyThread(const StandbyThread&) = delete;
  StandbyThread& operator=(const StandbyThread&) = delete;

  /// Runs `task` there; set when it has ended. Not before the one before it has ended.
  std::shared_ptr<base::Event> Run(std::function<void()> task);

 private:
  void Serve();

  const std::string name_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> task_;
  std::shared_ptr<base::Event> ended_;
  bool is_ending_ = false;
  std::thread thread_;
};

}  // namespace clew::pipeline
