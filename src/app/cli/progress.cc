#include "app/cli/progress.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "app/cli/text.h"

namespace clew::app::cli {
namespace {

constexpr auto kRefresh = std::chrono::milliseconds(200);
constexpr std::size_t kBarWidth = 30;

}  // namespace

void ClearProgress(const Terminal& terminal) {
  if (terminal.err_is_terminal()) {
    terminal.ReplaceLine({});
  }
}

Progress::Progress(const Terminal& terminal, std::function<std::string()> line)
    : terminal_(terminal) {
  if (terminal.err_is_terminal()) {
    thread_ = std::thread([this, line = std::move(line)] { Run(line); });
  }
}

Progress::~Progress() {
  if (thread_.joinable()) {
    {
      const std::scoped_lock lock(mutex_);
      is_done_ = true;
    }
    wake_.notify_all();
    thread_.join();
    terminal_.ReplaceLine({});
  }
}

void Progress::Run(const std::function<std::string()>& line) {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kRefresh, [this] { return is_done_; })) {
    terminal_.ReplaceLine(line());
  }
}

std::string ProgressLine(std::uint64_t bytes_done, std::uint64_t bytes_total,
                         std::uint64_t span_count, double seconds) {
  const double rate = static_cast<double>(span_count) / std::max(seconds, 1e-3);
  std::string counts = fmt::format("{} spans  {} spans/s", CountText(span_count),
                                   CountText(static_cast<std::uint64_t>(rate)));
  if (bytes_total == 0) {
    return counts;
  }
  const double share =
      std::min(1.0, static_cast<double>(bytes_done) / static_cast<double>(bytes_total));
  const auto filled = static_cast<std::size_t>(share * kBarWidth);
  return fmt::format("[{}{}] {:3.0f}%  {}", std::string(filled, '#'),
                     std::string(kBarWidth - filled, ' '), share * 100, counts);
}

}  // namespace clew::app::cli
