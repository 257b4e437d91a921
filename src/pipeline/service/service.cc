#include "pipeline/service/service.h"

#include <fmt/core.h>

#include <thread>
#include <utility>

#include "base/logging.h"
#include "base/thread_failure.h"
#include "net/grpc_threads.h"
#include "pipeline/service/listeners.h"

namespace clew::pipeline {
namespace {

using base::Log;
using base::LogLevel;

void LogWarnings(const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) Log(LogLevel::kWarn, warning);
}

LoadOutcome LoadAndCheck(const ConfigSources& sources, const std::vector<Factory>& factories) {
  LoadOutcome outcome = LoadConfig(sources, factories);
  if (!outcome.config) return outcome;
  CheckListeners(*outcome.config, outcome.problems);
  SortProblems(outcome.problems);
  if (!outcome.problems.empty()) outcome.config = nullptr;
  return outcome;
}

}  // namespace

std::string_view StateName(ServiceState state) {
  switch (state) {
    case ServiceState::kCreated:
      return "created";
    case ServiceState::kStarting:
      return "starting";
    case ServiceState::kRunning:
      return "running";
    case ServiceState::kReloading:
      return "reloading";
    case ServiceState::kStopping:
      return "stopping";
    case ServiceState::kStopped:
      return "stopped";
  }
  return "unknown";
}

Service::Service(ServiceOptions options, const std::vector<Factory>& factories,
                 base::Metrics& metrics, const Clock& clock, net::Loops& loops)
    : options_(std::move(options)),
      factories_(factories),
      clock_(clock),
      codec_(wire::otlp::kNothingCut),
      host_(metrics, clock, loops, extensions_, options_.worker_count,
            [this](const Error& error) {
              {
                const std::scoped_lock lock(mutex_);
                if (status_.fatal_error.empty()) status_.fatal_error = error.message;
              }
              if (options_.on_fatal_error) options_.on_fatal_error(error);
            }),
      surroundings_{host_, codec_, extensions_} {}

Service::~Service() {
  Shutdown(base::kAtOnce);
  // Components go before the host that they refer to.
  SetGraph(nullptr);
  extensions_.Replace({});
}

Status Service::Start() {
  const std::scoped_lock life(life_mutex_);
  SetState(ServiceState::kStarting);
  const auto start = [this]() -> Status {
    ASSIGN_OR_RETURN(std::shared_ptr<const Config> config, Load());
    TRY(ApplyTelemetry(config->telemetry));
    // Not before it is known how the log is to be written.
    Log(LogLevel::kInfo, "Starting clew...",
        {{"Version", options_.version},
         {"NumCPU", fmt::format("{}", std::thread::hardware_concurrency())}});
    ASSIGN_OR_RETURN(std::shared_ptr<Graph> graph, Graph::Build(config, surroundings_));
    SetGraph(graph);
    return graph->Start();
  };
  if (Status status = start(); !status) {
    SetState(ServiceState::kStopped);
    return status;
  }
  graph_->NotifyReady();
  SetState(ServiceState::kRunning);
  Log(LogLevel::kInfo, "Everything is ready. Begin running and processing data.");
  return {};
}

Status Service::Reload() {
  const std::scoped_lock life(life_mutex_);
  if (status().state != ServiceState::kRunning) {
    return base::MakeError(Code::kFailedPrecondition, "cannot reload while {}",
                           StateName(status().state));
  }
  if (host_.ending().stop_requested()) {
    return base::MakeError(Code::kCancelled, "cannot reload: the process is asked to end");
  }
  Log(LogLevel::kInfo, "Reloading the configuration.");
  Result<std::shared_ptr<const Config>> config = Load();
  Status status = config ? Exchange(*config) : std::unexpected(config.error());
  if (!status) {
    Log(LogLevel::kError,
        is_lost_ ? "The new configuration was refused, and the old one is lost."
                 : "The new configuration was refused. The old one runs on.",
        {{"error", status.error().message}});
  }
  // Not while a line is written, which may take for ever: whoever asks how this is waits for it.
  const std::scoped_lock lock(mutex_);
  if (status) status_.reloaded_at = clock_.Now();
  status_.reload_error = status ? std::string() : status.error().message;
  return status;
}

Status Service::Exchange(const std::shared_ptr<const Config>& config) {
  const std::shared_ptr<const Config> old_config = graph_->config_pointer();
  if (EmitConfig(*config, Secrecy::kShown) == EmitConfig(*old_config, Secrecy::kShown)) {
    Log(LogLevel::kInfo, "The configuration has not changed.");
    return {};
  }
  ASSIGN_OR_RETURN(std::shared_ptr<Graph> successor,
                   Graph::Build(config, surroundings_, graph_.get()));
  // While nothing is stopped: the old configuration would need them again, too.
  if (successor->WillBeginGrpc()) TRY(net::CheckGrpcThreads());
  if (Status status = ApplyTelemetry(config->telemetry); !status) {
    // What was applied in part is set back; what ran before is known to be fine.
    TRY(ApplyTelemetry(old_config->telemetry));
    return status;
  }
  SetState(ServiceState::kReloading);
  graph_->StopFor(*successor, clock_.In(options_.reload_drain_time));
  SetGraph(successor);
  if (const Status status = successor->Start(); !status) {
    // To go back would be given up, too.
    if (status.error().code == Code::kCancelled) return status;
    return Restore(old_config, *successor, status.error());
  }
  successor->NotifyReady();
  SetState(ServiceState::kRunning);
  Log(LogLevel::kInfo, "The new configuration runs.",
      {{"kept", fmt::format("{}", successor->TakenOver().size())}});
  return {};
}

Status Service::Restore(std::shared_ptr<const Config> config, Graph& failed, const Error& reason) {
  const auto restore = [&]() -> Status {
    TRY(ApplyTelemetry(config->telemetry));
    ASSIGN_OR_RETURN(std::shared_ptr<Graph> graph, Graph::Build(config, surroundings_, &failed));
    failed.LeaveTo(*graph);
    SetGraph(graph);
    TRY(graph->Start());
    graph->NotifyReady();
    return {};
  };
  const Status restored = restore();
  SetState(ServiceState::kRunning);
  if (restored) return std::unexpected(reason);
  is_lost_ = true;
  Error fatal = Error(restored.error()).Annotate("the old configuration could not be restored");
  host_.ReportFatalError(fatal);
  fatal.message = fmt::format("{}; {}", reason.message, fatal.message);
  return std::unexpected(std::move(fatal));
}

void Service::Shutdown(Deadline deadline) {
  const std::scoped_lock life(life_mutex_);
  const ServiceState state = status().state;
  if (state == ServiceState::kCreated || state == ServiceState::kStopped) return;
  Log(LogLevel::kInfo, "Starting shutdown...");
  SetState(ServiceState::kStopping);
  graph_->NotifyNotReady();
  graph_->Stop(deadline);
  SetState(ServiceState::kStopped);
  Log(LogLevel::kInfo, "Shutdown complete.");
}

Result<std::shared_ptr<const Config>> Service::Load() const {
  LoadOutcome outcome = LoadAndCheck(options_.sources, factories_);
  LogWarnings(outcome.warnings);
  if (outcome.config) return std::move(outcome.config);
  return base::InvalidArgument("invalid configuration:\n{}", FormatProblems(outcome.problems));
}

Status Service::ApplyTelemetry(const TelemetryConfig& telemetry) const {
  if (!options_.apply_telemetry) return {};
  return base::RefuseWithoutThreads([&] { return options_.apply_telemetry(telemetry); });
}

ServiceStatus Service::status() const {
  ServiceStatus status;
  std::shared_ptr<Graph> graph;
  {
    const std::scoped_lock lock(mutex_);
    status = status_;
    graph = graph_;
  }
  if (graph) status.components = graph->Statuses();
  return status;
}

Status Service::CheckReady() const {
  const ServiceStatus status = this->status();
  if (!status.fatal_error.empty()) return base::Unavailable("failed: {}", status.fatal_error);
  // A reload makes senders wait; it does not send them away.
  if (status.state == ServiceState::kRunning || status.state == ServiceState::kReloading) {
    return host_.CheckReady();
  }
  for (const ComponentStatus& component : status.components) {
    if (component.state != ComponentState::kStarting) continue;
    return base::Unavailable("{}: waiting for \"{}\" {}", StateName(status.state), component.id,
                             KindName(component.kind));
  }
  return base::Unavailable("{}", StateName(status.state));
}

std::shared_ptr<const Config> Service::config() const {
  const std::scoped_lock lock(mutex_);
  return graph_ ? graph_->config_pointer() : nullptr;
}

void Service::SetState(ServiceState state) {
  const std::scoped_lock lock(mutex_);
  status_.state = state;
  if (state == ServiceState::kRunning && status_.running_since == 0) {
    status_.running_since = clock_.Now();
  }
}

void Service::SetGraph(std::shared_ptr<Graph> graph) {
  // The old graph is destroyed outside the lock.
  const std::scoped_lock lock(mutex_);
  std::swap(graph_, graph);
}

LoadOutcome LoadAndBuild(const ConfigSources& sources, const std::vector<Factory>& factories,
                         const Clock& clock) {
  LoadOutcome outcome = LoadAndCheck(sources, factories);
  if (!outcome.config) return outcome;
  base::Metrics metrics;
  const wire::otlp::OtlpCodec codec{wire::otlp::kNothingCut};
  ExtensionSet extensions;
  net::Loops loops;  // nothing is started
  ProcessHost host(metrics, clock, loops, extensions, 1, nullptr);
  if (const auto graph = Graph::Build(outcome.config, {host, codec, extensions}); !graph) {
    outcome.problems.push_back({{}, graph.error().message});
    outcome.config = nullptr;
  }
  return outcome;
}

}  // namespace clew::pipeline
