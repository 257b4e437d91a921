#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace clew::base {

/// Writes texts, each of whole lines, to a file descriptor, in order and each at once. At first on
/// the thread of the caller, who waits for the reader; from Start to Stop on a thread of its own,
/// so that nobody waits. Any thread.
class LineWriter {
 public:
  /// `descriptor` is not owned. At most `queue_bytes` wait. `say_lost` gives the line that tells
  /// how many texts were lost; it is called with a lock held and must not write here.
  LineWriter(int descriptor, std::size_t queue_bytes,
             std::function<std::string(std::uint64_t count)> say_lost);
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  /// What finds no room in the queue, or cannot be written, is lost and counted; the next text that
  /// is taken comes behind a line that says so.
  void Write(std::string_view text);

  /// RESOURCE_EXHAUSTED when there is no thread for it.
  Status Start();
  /// Writes what waits and ends the thread; then callers write again. When that takes longer than
  /// `timeout` it is left, and whatever is written later is lost.
  void Stop(Nanos timeout);

  /// Whether all was written within `timeout`.
  bool Flush(Nanos timeout);
  /// Whether half of the queue was free within `timeout`: for who has much to write and may wait.
  bool WaitForRoom(Nanos timeout);

  /// Texts that found no room since the start: nobody reads, or too slowly.
  std::uint64_t unread_count() const;
  /// Texts that could not be written.
  std::uint64_t failed_count() const;

 private:
  struct State;
  /// Shared with the thread, which may have to be left.
  std::shared_ptr<State> state_;
};

}  // namespace clew::base
