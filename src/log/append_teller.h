#pragma once

#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "log/segment_writer.h"

namespace clew::log {

/// Tells those who appended what became of their records, on a thread of its own: meanwhile the
/// writer goes on with the next ones. What they throw ends the process.
class AppendTeller {
 public:
  AppendTeller();
  ~AppendTeller() { Finish(); }
  AppendTeller(const AppendTeller&) = delete;
  AppendTeller& operator=(const AppendTeller&) = delete;

  /// Results are set. Returns at once; any thread.
  void Tell(std::vector<std::unique_ptr<PendingRecord>> records);
  /// Returns when everybody was told. Whoever is told may let go of the log by that, and so come
  /// here on the thread of this: then it returns at once, and the others are told after it.
  /// Idempotent; nothing is told from then on.
  void Finish();
  /// How many were told since the begin.
  std::uint64_t told_count() const;

 private:
  struct State;

  static void Run(const std::shared_ptr<State>& state);

  /// The thread may outlive this.
  const std::shared_ptr<State> state_;
  std::thread thread_;
};

}  // namespace clew::log
