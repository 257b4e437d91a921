#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "app/cli/arguments.h"
#include "app/cli/commands.h"
#include "app/cli/config_sources.h"
#include "app/cli/start_hint.h"
#include "app/serve/server.h"
#include "app/signals.h"
#include "base/logging.h"
#include "pipeline/service/listeners.h"

namespace clew::app::cli {
namespace {

/// As many connections as the system allows.
void RaiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

/// How this program was called, for commands to type.
std::string ProgramName() {
  const std::string name = program_invocation_name;
  return name.find('/') == std::string::npos ? "clew" : name;
}

void SayAddresses(const serve::Server& server, const Terminal& terminal) {
  std::string send;
  std::string look;
  const std::vector<pipeline::ListeningAddress> addresses =
      pipeline::ListeningAddresses(*server.config());
  for (const pipeline::ListeningAddress& address : addresses) {
    (address.takes_spans ? send : look) += fmt::format("  {:<24}{}\n", address.where, address.what);
  }
  const Status ready = server.CheckReady();
  terminal.Say(fmt::format(
      "{}\nSend spans to\n{}{}{}{}Ctrl-C stops.\n",
      ready.has_value()
          ? "clew is ready."
          : fmt::format("clew is up, and will be ready soon: {}.", ready.error().message),
      send, look.empty() ? "" : "Look at\n", look, StartHint(addresses, ProgramName())));
}

/// What signals do: the first SIGINT or SIGTERM drains, the second ends at once, SIGHUP reloads.
class SignalOrders {
 public:
  explicit SignalOrders(serve::Server& server) : server_(server) {}

  void Handle(int signal) {
    if (signal == SIGHUP) {
      // The service logs the outcome, good or bad.
      static_cast<void>(server_.Reload());
      return;
    }
    if (is_stopping_) {
      base::Log(base::LogLevel::kWarn, "second signal: ending without draining");
      _exit(kExitFailed);
    }
    is_stopping_ = true;
    server_.RequestStop();
  }

 private:
  serve::Server& server_;
  bool is_stopping_ = false;
};

/// Ends the process when a shutdown takes longer than it may, whatever is under way. What a
/// pipeline that stores has acknowledged is in the log, and goes on from there at the next start;
/// what the queues of other pipelines still hold is lost. Destroyed in time, it does nothing.
class ShutdownLimit {
 public:
  explicit ShutdownLimit(Nanos timeout)
      : thread_([this, timeout](const std::stop_token& over) {
          std::unique_lock lock(mutex_);
          wake_.wait_for(lock, over, timeout + kSlack, [] { return false; });
          if (over.stop_requested()) return;
          base::Log(
              base::LogLevel::kError, "shutdown did not end in time: ending without draining",
              {{"timeout", fmt::format("{}s", std::chrono::duration<double>(timeout).count())}});
          _exit(kExitFailed);
        }) {}

 private:
  /// For what begins only when the time is over, such as joining threads.
  static constexpr Nanos kSlack = std::chrono::seconds(2);

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace

int RunServe(const ServeOptions& options, const Terminal& terminal) {
  const auto timeout = ParseSpan(options.shutdown_timeout);
  if (!timeout.has_value()) {
    terminal.PrintError(timeout.error().message);
    return kExitUsage;
  }
  BlockSignals();
  RaiseFileLimit();
  // Before the server, so that it watches over the server's end, too.
  std::optional<ShutdownLimit> shutdown_limit;
  serve::Server server(SourcesOf(options.config));
  SignalOrders orders(server);
  const SignalWatcher signals({SIGINT, SIGTERM, SIGHUP},
                              [&orders](int signal) { orders.Handle(signal); });
  const Status started = server.Start();
  if (!started.has_value()) {
    terminal.PrintError(started.error().message);
    return kExitFailed;
  }
  // Who wants the log as JSON has a program that reads it.
  if (server.config()->telemetry.log_encoding != "json") {
    SayAddresses(server, terminal);
  }
  const Status ended = server.Wait();
  if (!ended.has_value()) {
    terminal.PrintError(ended.error().message);
  }
  shutdown_limit.emplace(*timeout);
  server.Shutdown(*timeout);
  return ended.has_value() ? kExitDone : kExitFailed;
}

}  // namespace clew::app::cli
