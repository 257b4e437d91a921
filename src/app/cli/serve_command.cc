#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>
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

/// Says why and ends the process at once, also when nobody reads what it says.
[[noreturn]] void EndNow(base::LogLevel level, std::string_view why,
                         std::initializer_list<base::LogField> fields = {}) {
  base::Log(level, why, fields);
  base::FlushLog(std::chrono::milliseconds(100));
  _exit(kExitFailed);
}

/// Ends the process when a shutdown takes longer than it may, whatever is under way: also a start
/// that does not end. What a pipeline that stores has acknowledged is in the log, and goes on from
/// there at the next start; what the queues of other pipelines still hold is lost. Destroyed in
/// time, it does nothing.
class ShutdownLimit {
 public:
  explicit ShutdownLimit(Nanos timeout)
      : timeout_(timeout), thread_([this](const std::stop_token& over) { Watch(over); }) {}

  /// The time runs from the first call on. Any thread.
  void Begin() {
    {
      const std::scoped_lock lock(mutex_);
      if (!end_.has_value()) end_ = clock_.In(timeout_);
    }
    wake_.notify_all();
  }
  /// How much of the time is left.
  Nanos Left() const {
    const std::scoped_lock lock(mutex_);
    if (!end_.has_value()) return timeout_;
    return clock_.Until(*end_);
  }

 private:
  /// For what begins only when the time is over, such as joining threads.
  static constexpr Nanos kSlack = std::chrono::seconds(2);

  void Watch(const std::stop_token& over) {
    std::unique_lock lock(mutex_);
    if (!wake_.wait(lock, over, [this] { return end_.has_value(); })) return;
    wake_.wait_until(lock, over, *end_ + kSlack, [] { return false; });
    if (over.stop_requested()) return;
    const std::chrono::duration<double> timeout = timeout_;
    EndNow(base::LogLevel::kError, "shutdown did not end in time: ending without draining",
           {{"timeout", fmt::format("{}s", timeout.count())}});
  }

  const Clock& clock_ = base::SystemTime();
  const Nanos timeout_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::optional<Deadline> end_;
  std::jthread thread_;
};

/// What SIGINT and SIGTERM do: the first drains, the second ends at once.
class StopOrders {
 public:
  StopOrders(serve::Server& server, ShutdownLimit& limit) : server_(server), limit_(limit) {}

  void Handle() {
    if (is_stopping_) {
      EndNow(base::LogLevel::kWarn, "second signal: ending without draining");
    }
    is_stopping_ = true;
    limit_.Begin();
    server_.RequestStop();
  }

 private:
  serve::Server& server_;
  ShutdownLimit& limit_;
  bool is_stopping_ = false;
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
  const auto log_thread = base::LogThread::Start();
  if (!log_thread.has_value()) {
    terminal.PrintError(log_thread.error().message);
    return kExitFailed;
  }
  // Before the server, so that it watches over the server's end, too.
  ShutdownLimit limit(*timeout);
  serve::Server server(SourcesOf(options.config));
  StopOrders orders(server, limit);
  const SignalWatcher stops({SIGINT, SIGTERM}, [&orders](int) { orders.Handle(); });
  // Beside those: a reload waits for a start or another reload, and a stop must be heard meanwhile.
  // The service logs the outcome, good or bad.
  const SignalWatcher reloads({SIGHUP}, [&server](int) { static_cast<void>(server.Reload()); });
  const Status started = server.Start();
  if (!started.has_value()) {
    if (started.error().code == Code::kCancelled) {
      base::Log(base::LogLevel::kInfo, "Stopped before it was ready.",
                {{"reason", started.error().message}});
      return kExitDone;
    }
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
  limit.Begin();
  server.Shutdown(limit.Left());
  return ended.has_value() ? kExitDone : kExitFailed;
}

}  // namespace clew::app::cli
