#pragma once

#include <csignal>
#include <functional>
#include <stop_token>
#include <thread>
#include <vector>

namespace clew::app {

/// Keeps SIGINT, SIGTERM and SIGHUP from ending the process by themselves, and SIGPIPE and
/// SIGXFSZ from doing anything: such writes fail instead. Called before the first thread starts, so
/// that all threads inherit it, by commands that watch for them.
void BlockSignals();

/// Calls `on_signal` from a thread of its own for each of `signals` that arrives while it lives.
/// For one signal one at a time in a process.
class SignalWatcher {
 public:
  SignalWatcher(const std::vector<int>& signals, std::function<void(int)> on_signal);

 private:
  std::jthread thread_;
};

}  // namespace clew::app
