#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "app/telemetry/process_metrics.h"
#include "app/telemetry/telemetry_client.h"
#include "base/vocabulary.h"

namespace clew::app::bench {

/// Ports of a server, free when they were chosen.
struct Ports {
  std::uint16_t grpc = 0;
  std::uint16_t http = 0;
  std::uint16_t jaeger = 0;
  std::uint16_t tempo = 0;
  std::uint16_t health = 0;
  std::uint16_t telemetry = 0;

  static Result<Ports> Free();
};

/// The command-line arguments for a server that stores below `directory`.
std::vector<std::string> StoringServerArguments(const Ports& ports, const std::string& directory);
/// The same for one that forwards over OTLP/gRPC to `target`, without storing.
std::vector<std::string> ForwardingServerArguments(const Ports& ports, const std::string& target);

/// This program in a process of its own, as a server. It ends with this object, or with us.
class ServerProcess {
 public:
  /// Returns when it is ready. Its output goes to `log_path`.
  static Result<std::unique_ptr<ServerProcess>> Start(const std::vector<std::string>& arguments,
                                                      const Ports& ports,
                                                      const std::string& log_path);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  const Ports& ports() const { return ports_; }
  Result<telemetry::ProcessFacts> Facts() const { return telemetry::ReadProcess(pid_); }
  /// Sum of all series of a metric.
  Result<double> Metric(const std::string& name);
  /// Turns everything acknowledged into blocks.
  Status Flush();
  /// SIGTERM, and waits for the end. An error when it ended otherwise than with status 0.
  Status Stop();

 private:
  ServerProcess(pid_t pid, const Ports& ports, std::unique_ptr<telemetry::TelemetryClient> client)
      : pid_(pid), ports_(ports), client_(std::move(client)) {}
  Status WaitReady(const std::string& log_path);

  pid_t pid_;
  const Ports ports_;
  const std::unique_ptr<telemetry::TelemetryClient> client_;
};

}  // namespace clew::app::bench
