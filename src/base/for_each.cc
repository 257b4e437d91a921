#include "base/for_each.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>

namespace clew::base {
namespace {

/// Shared with helpers, which may begin when all is done and the caller is gone.
struct Calls {
  std::mutex mutex;
  std::condition_variable ended;
  std::size_t next = 0;
  std::size_t count = 0;
  std::size_t running = 0;
  /// The first that a call threw.
  std::exception_ptr failure;
  /// The caller's, as long as calls are left or running.
  const std::function<void(std::size_t)>* work = nullptr;

  void Run() {
    std::unique_lock lock(mutex);
    while (next < count) {
      const std::size_t number = next++;
      ++running;
      lock.unlock();
      const std::exception_ptr thrown = Call(number);
      lock.lock();
      if (thrown != nullptr) {
        if (failure == nullptr) failure = thrown;
        next = count;
      }
      if (--running == 0) ended.notify_all();
    }
  }

  std::exception_ptr Call(std::size_t number) const {
    try {
      (*work)(number);
      return nullptr;
    } catch (...) {
      return std::current_exception();
    }
  }
};

}  // namespace

std::size_t CountAtOnce(const WorkerPool* workers) {
  if (workers == nullptr) return 1;
  return std::max(1u, std::thread::hardware_concurrency());
}

void ForEach(WorkerPool* workers, std::size_t count, const std::function<void(std::size_t)>& work) {
  const auto calls = std::make_shared<Calls>();
  calls->count = count;
  calls->work = &work;
  const std::size_t at_once = std::min(CountAtOnce(workers), count);
  for (std::size_t i = 1; i < at_once; ++i) {
    if (!workers->TryPost([calls] { calls->Run(); })) break;
  }
  calls->Run();
  const WorkerPool::BlockingScope waiting;
  std::unique_lock lock(calls->mutex);
  calls->ended.wait(lock, [&] { return calls->running == 0; });
  if (calls->failure != nullptr) std::rethrow_exception(calls->failure);
}

}  // namespace clew::base
