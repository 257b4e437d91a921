#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>

namespace clew::net {

struct Loop;

/// The network threads of the process, which all its servers share. They never block and never
/// parse bodies: a connection belongs to one of them, and waits for its turn there. Any thread.
class Loops {
 public:
  /// Half as many threads as the machine has cores, and at least two. They begin with the first
  /// server.
  Loops();
  /// After all servers that were given it.
  ~Loops();
  Loops(const Loops&) = delete;
  Loops& operator=(const Loops&) = delete;

  std::size_t count() const { return count_; }
  Loop& at(std::size_t index) const;
  /// Each in turn. The first call throws std::system_error when the threads cannot be started: see
  /// base::RefuseWithoutThreads. So does the next then.
  Loop& Next();

 private:
  struct Running;

  void Begin();
  void End();

  const std::size_t count_;
  const std::unique_ptr<Running[]> running_;
  std::atomic<std::size_t> next_{0};
  std::mutex mutex_;
  bool has_begun_ = false;
};

}  // namespace clew::net
