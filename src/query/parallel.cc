#include "query/parallel.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>

namespace clew::query {
namespace {

// Outlives the call, as a helper may come when all is done.
class Calls {
 public:
  Calls(std::size_t count, const std::function<void(std::size_t)>& work)
      : count_(count), work_(&work) {}

  // As long as there is anything to do.
  void Help() {
    {
      const std::scoped_lock lock(mutex_);
      if (is_over_) return;
      ++helper_count_;
    }
    Work();
    const std::scoped_lock lock(mutex_);
    if (--helper_count_ == 0) helpers_left_.notify_one();
  }

  void Finish() {
    Work();
    std::unique_lock lock(mutex_);
    // Who has not begun finds nothing to do, and is not waited for.
    is_over_ = true;
    helpers_left_.wait(lock, [this] { return helper_count_ == 0; });
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void Work() {
    try {
      for (std::size_t i; (i = Next()) < count_;) (*work_)(i);
    } catch (...) {
      const std::scoped_lock lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      next_ = count_;
    }
  }
  std::size_t Next() {
    const std::scoped_lock lock(mutex_);
    return next_ < count_ ? next_++ : count_;
  }

  const std::size_t count_;
  // Used by those only that Finish waits for.
  const std::function<void(std::size_t)>* const work_;
  std::mutex mutex_;
  std::condition_variable helpers_left_;
  std::size_t next_ = 0;
  std::size_t helper_count_ = 0;
  bool is_over_ = false;
  std::exception_ptr failure_;
};

}  // namespace

void ForEachInParallel(base::WorkerPool* helpers, std::size_t count,
                       const std::function<void(std::size_t)>& work) {
  if (helpers == nullptr || count < 2) {
    for (std::size_t i = 0; i < count; ++i) work(i);
    return;
  }
  const auto calls = std::make_shared<Calls>(count, work);
  const std::size_t helper_max = std::min(count - 1, helpers->counts().threads);
  for (std::size_t i = 0; i < helper_max; ++i) {
    if (!helpers->TryPost([calls] { calls->Help(); })) break;
  }
  calls->Finish();
}

}  // namespace clew::query
