#include "app/signals.h"

#include <ctime>
#include <utility>

namespace clew::app {
namespace {

/// How soon the watcher's end is noticed.
constexpr timespec kPoll = {.tv_sec = 0, .tv_nsec = 50'000'000};

sigset_t SetOf(const std::vector<int>& signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) {
    sigaddset(&set, signal);
  }
  return set;
}

}  // namespace

void BlockSignals() {
  const sigset_t set = SetOf({SIGINT, SIGTERM, SIGHUP});
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

SignalWatcher::SignalWatcher(const std::vector<int>& signals, std::function<void(int)> on_signal)
    : thread_(
          [set = SetOf(signals), on_signal = std::move(on_signal)](const std::stop_token& stopped) {
            while (!stopped.stop_requested()) {
              const int signal = sigtimedwait(&set, nullptr, &kPoll);
              if (signal > 0) {
                on_signal(signal);
              }
            }
          }) {}

}  // namespace clew::app
