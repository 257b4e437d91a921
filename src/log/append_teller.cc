#include "log/append_teller.h"

#include <pthread.h>

#include <condition_variable>
#include <mutex>
#include <utility>

namespace clew::log {

struct AppendTeller::State {
  std::mutex mutex;
  std::condition_variable work;
  std::vector<std::unique_ptr<PendingRecord>> records;
  std::uint64_t told_count = 0;
  bool is_finishing = false;
};

AppendTeller::AppendTeller()
    : state_(std::make_shared<State>()), thread_([state = state_] { Run(state); }) {}

void AppendTeller::Tell(std::vector<std::unique_ptr<PendingRecord>> records) {
  {
    const std::scoped_lock lock(state_->mutex);
    auto& waiting = state_->records;
    if (waiting.empty()) {
      waiting = std::move(records);
    } else {
      for (auto& record : records) waiting.push_back(std::move(record));
    }
  }
  state_->work.notify_one();
}

void AppendTeller::Finish() {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->is_finishing = true;
  }
  state_->work.notify_one();
  if (!thread_.joinable()) return;
  if (thread_.get_id() == std::this_thread::get_id()) return thread_.detach();
  thread_.join();
}

void AppendTeller::Run(const std::shared_ptr<State>& state) {
  pthread_setname_np(pthread_self(), "clew-log-tell");
  std::unique_lock lock(state->mutex);
  for (;;) {
    state->work.wait(lock, [&] { return state->is_finishing || !state->records.empty(); });
    if (state->records.empty()) return;
    std::vector<std::unique_ptr<PendingRecord>> records = std::exchange(state->records, {});
    lock.unlock();
    for (std::unique_ptr<PendingRecord>& record : records) {
      // The memory of the body is its sender's again, who goes on now.
      const std::unique_ptr<PendingRecord> told = std::move(record);
      told->record.body = {};
      told->promise.Keep(std::move(told->result));
    }
    lock.lock();
    state->told_count += records.size();
  }
}

std::uint64_t AppendTeller::told_count() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->told_count;
}

}  // namespace clew::log
