#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/graph/graph.h"
#include "pipeline/service/process_host.h"
#include "wire/otlp/codec.h"

namespace clew::pipeline {

struct ServiceOptions {
  /// Read at the start and again at each reload.
  ConfigSources sources;
  /// For the log line at the start.
  std::string version;
  /// Workers of the host; 0 means four a core, at least eight.
  std::size_t worker_count = 0;
  /// How long a reload may take to drain what changed.
  Nanos reload_drain_time = std::chrono::seconds(10);
  /// Applies what a configuration says of logs and self metrics, before anything else of it runs;
  /// an error refuses the configuration. May be empty.
  std::function<Status(const TelemetryConfig&)> apply_telemetry;
  /// A component that runs has failed for good: shut down. Called on any thread.
  std::function<void(const Error&)> on_fatal_error;
};

enum class ServiceState { kCreated, kStarting, kRunning, kReloading, kStopping, kStopped };

/// "created", "starting", "running", "reloading", "stopping" or "stopped".
std::string_view StateName(ServiceState state);

struct ServiceStatus {
  ServiceState state = ServiceState::kCreated;
  /// Since when it has been running; 0 before.
  UnixNanos running_since = 0;
  /// When a configuration was last applied by a reload; 0 when never.
  UnixNanos reloaded_at = 0;
  /// Why the last reload was refused; empty when it was not.
  std::string reload_error;
  /// The first fatal error of a component.
  std::string fatal_error;
  std::vector<ComponentStatus> components;
};

/// The running whole: a configuration and its graph, from start over reloads to the end. Start,
/// Reload and Shutdown exclude each other and may be called from any thread, as may the rest.
class Service {
 public:
  /// All outlive it.
  Service(ServiceOptions options, const std::vector<Factory>& factories, base::Metrics& metrics,
          const Clock& clock, net::Loops& loops);
  /// Shuts down at once when that was not done.
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Loads, builds and starts. On error nothing is left running. Every problem of the
  /// configuration is in the error, one a line.
  Status Start();
  /// Reads the sources again and applies what changed: receivers, exporters and extensions with the
  /// same settings go on running, with their connections. On error the old configuration runs on,
  /// and the error says why.
  Status Reload();
  /// A start or a reload that is under way gives up with CANCELLED as soon as it can, and later
  /// ones do: to be followed by Shutdown. At once; any thread.
  void GiveUpStarts() { host_.BeginEnding(); }
  /// Stops taking data, hands on what is under way, ends by `deadline`. Idempotent.
  void Shutdown(Deadline deadline);

  ServiceStatus status() const;
  /// OK when everything runs; else an error that says what is going on.
  Status CheckReady() const;
  /// The configuration that runs; null before the start.
  std::shared_ptr<const Config> config() const;
  Host& host() { return host_; }

 private:
  Result<std::shared_ptr<const Config>> Load() const;
  Status Exchange(const std::shared_ptr<const Config>& config);
  Status Restore(std::shared_ptr<const Config> config, Graph& failed, const Error& reason);
  Status ApplyTelemetry(const TelemetryConfig& telemetry) const;
  void SetState(ServiceState state);
  void SetGraph(std::shared_ptr<Graph> graph);

  const ServiceOptions options_;
  const std::vector<Factory>& factories_;
  const Clock& clock_;
  wire::otlp::OtlpCodec codec_;
  ExtensionSet extensions_;
  ProcessHost host_;
  const GraphSurroundings surroundings_;

  // Held during Start, Reload and Shutdown.
  std::mutex life_mutex_;
  bool is_lost_ = false;  // a reload could neither go on nor back; under life_mutex_
  // Guards what follows, for short.
  mutable std::mutex mutex_;
  ServiceStatus status_;
  std::shared_ptr<Graph> graph_;
};

/// LoadConfig, and then creates every component without starting it, so that what only its creation
/// finds (certificates, say) is a problem too. For `config validate`.
LoadOutcome LoadAndBuild(const ConfigSources& sources, const std::vector<Factory>& factories,
                         const Clock& clock);

}  // namespace clew::pipeline
