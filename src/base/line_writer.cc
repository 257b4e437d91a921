#include "base/line_writer.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "base/thread_failure.h"

namespace clew::base {
namespace {

enum class Mode { kDirect, kQueued, kEnding, kLeft };

struct Text {
  std::string text;
  /// Of how many lost ones it tells; 0 in all others.
  std::uint64_t lost_count = 0;

  /// In memory.
  std::size_t size_bytes() const { return sizeof(Text) + text.size(); }
};

/// False when it could not be written whole.
bool WriteWhole(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
      continue;
    }
    if (errno == EAGAIN) {
      // Another process that has it made it so.
      pollfd room{.fd = descriptor, .events = POLLOUT, .revents = 0};
      ::poll(&room, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace

struct LineWriter::State {
  State(int descriptor_to_use, std::size_t queue_bytes,
        std::function<std::string(std::uint64_t count)> say)
      : descriptor(descriptor_to_use), bytes_max(queue_bytes), say_lost(std::move(say)) {}

  const int descriptor;
  const std::size_t bytes_max;
  const std::function<std::string(std::uint64_t count)> say_lost;
  std::atomic<std::uint64_t> unread_count = 0;
  std::atomic<std::uint64_t> failed_count = 0;

  std::mutex mutex;
  std::condition_variable work;
  std::condition_variable progress;
  Mode mode = Mode::kDirect;
  /// With what is being written, which is the first.
  std::deque<Text> queue;
  std::size_t queued_bytes = 0;
  /// Of all that were lost, so many were told.
  std::uint64_t told_count = 0;
  std::thread thread;

  // Those below are called with the lock held.

  std::uint64_t UntoldCount() const { return unread_count + failed_count - told_count; }

  Text TextOfLost() const {
    const std::uint64_t count = UntoldCount();
    return {.text = count > 0 ? say_lost(count) : "", .lost_count = count};
  }

  void Add(Text text) {
    queued_bytes += text.size_bytes();
    told_count += text.lost_count;
    queue.push_back(std::move(text));
  }

  void WriteNow(std::string_view text) {
    if (!WriteWhole(descriptor, text)) ++failed_count;
  }

  void Enqueue(std::string_view line) {
    Text lost = TextOfLost();
    Text text{.text = std::string(line)};
    if (queued_bytes + lost.size_bytes() + text.size_bytes() > bytes_max) {
      ++unread_count;
      return;
    }
    if (lost.lost_count > 0) Add(std::move(lost));
    Add(std::move(text));
    work.notify_one();
  }

  void TakeFirst(bool is_written) {
    const Text& first = queue.front();
    if (!is_written) {
      told_count -= first.lost_count;
      if (first.lost_count == 0) ++failed_count;
    }
    queued_bytes -= first.size_bytes();
    queue.pop_front();
    progress.notify_all();
  }

  void Run() {
    std::unique_lock lock(mutex);
    bool is_last = false;
    for (;;) {
      work.wait(lock, [this] { return !queue.empty() || mode != Mode::kQueued; });
      if (mode == Mode::kLeft) return;
      if (queue.empty()) {
        if (is_last || UntoldCount() == 0) break;
        is_last = true;
        Add(TextOfLost());
      }
      const std::string& text =
          queue.front().text;  // stays where it is: only this thread removes it
      lock.unlock();
      const bool is_written = WriteWhole(descriptor, text);
      lock.lock();
      TakeFirst(is_written);
    }
    mode = Mode::kDirect;
    progress.notify_all();
  }

  bool WaitUntil(Nanos timeout, const std::function<bool()>& is_so) {
    std::unique_lock lock(mutex);
    return progress.wait_for(lock, timeout, is_so);
  }
};

LineWriter::LineWriter(int descriptor, std::size_t queue_bytes,
                       std::function<std::string(std::uint64_t count)> say_lost)
    : state_(std::make_shared<State>(descriptor, queue_bytes, std::move(say_lost))) {}

LineWriter::~LineWriter() { Stop(Nanos(0)); }

void LineWriter::Write(std::string_view text) {
  const std::scoped_lock lock(state_->mutex);
  switch (state_->mode) {
    case Mode::kDirect:
      state_->WriteNow(text);
      return;
    case Mode::kQueued:
    case Mode::kEnding:
      state_->Enqueue(text);
      return;
    case Mode::kLeft:
      ++state_->unread_count;
  }
}

Status LineWriter::Start() {
  return RefuseWithoutThreads([this]() -> Status {
    const std::scoped_lock lock(state_->mutex);
    state_->thread = std::thread([state = state_] { state->Run(); });
    state_->mode = Mode::kQueued;
    return {};
  });
}

void LineWriter::Stop(Nanos timeout) {
  std::unique_lock lock(state_->mutex);
  if (state_->mode != Mode::kQueued) return;
  state_->mode = Mode::kEnding;
  state_->work.notify_one();
  if (state_->progress.wait_for(lock, timeout, [this] { return state_->mode == Mode::kDirect; })) {
    lock.unlock();
    state_->thread.join();
    return;
  }
  state_->mode = Mode::kLeft;
  state_->thread.detach();
}

bool LineWriter::Flush(Nanos timeout) {
  return state_->WaitUntil(timeout, [this] { return state_->queue.empty(); });
}

bool LineWriter::WaitForRoom(Nanos timeout) {
  return state_->WaitUntil(timeout,
                           [this] { return state_->queued_bytes <= state_->bytes_max / 2; });
}

std::uint64_t LineWriter::unread_count() const { return state_->unread_count; }
std::uint64_t LineWriter::failed_count() const { return state_->failed_count; }

}  // namespace clew::base
