#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "app/cli/terminal.h"

namespace clew::app::cli {

/// Shows a line on standard error, anew several times a second, as long as it lives; nothing when
/// that is no terminal. `line` is called from a thread of its own.
class Progress {
 public:
  Progress(const Terminal& terminal, std::function<std::string()> line);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  void Run(const std::function<std::string()>& line);

  const Terminal& terminal_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool is_done_ = false;
  std::thread thread_;
};

/// Takes the line away, for something else to be said; it comes back by itself.
void ClearProgress(const Terminal& terminal);

/// "[#####     ]  50%  12,000 spans  4,000 spans/s"; without the bar when the total is 0.
std::string ProgressLine(std::uint64_t bytes_done, std::uint64_t bytes_total,
                         std::uint64_t span_count, double seconds);

}  // namespace clew::app::cli
