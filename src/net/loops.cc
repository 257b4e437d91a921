#include "net/loops.h"

#include <pthread.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <exception>
#include <optional>
#include <thread>

#include "base/logging.h"
#include "net/loop.h"

namespace clew::net {
namespace {

void Run(Loop& loop) {
  pthread_setname_np(pthread_self(), "clew-net");
  for (;;) {
    try {
      loop.context.run();
      return;
    } catch (const std::exception& error) {
      // Only this connection is lost: it was destroyed with the function that threw.
      base::Log(base::LogLevel::kError, "a connection failed", {{"error", error.what()}});
    }
  }
}

}  // namespace

struct Loops::Running {
  Loop loop;
  /// Keeps the thread running while it has nothing to do.
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> guard;
  std::thread thread;
};

Loops::Loops()
    : count_(std::max<std::size_t>(2, std::thread::hardware_concurrency() / 2)),
      running_(std::make_unique<Running[]>(count_)) {}

Loops::~Loops() { End(); }

Loop& Loops::Next() {
  Begin();
  return at(next_++ % count_);
}

void Loops::Begin() {
  const std::scoped_lock lock(mutex_);
  if (has_begun_) return;
  try {
    for (std::size_t i = 0; i < count_; ++i) {
      Running& one = running_[i];
      one.loop.context.restart();
      one.guard.emplace(one.loop.context.get_executor());
      one.thread = std::thread([&loop = one.loop] { Run(loop); });
    }
  } catch (...) {
    End();
    throw;
  }
  has_begun_ = true;
}

void Loops::End() {
  for (std::size_t i = 0; i < count_; ++i) running_[i].guard.reset();
  for (std::size_t i = 0; i < count_; ++i) {
    if (running_[i].thread.joinable()) running_[i].thread.join();
  }
}

Loop& Loops::at(std::size_t index) const { return running_[index].loop; }

}  // namespace clew::net
