#pragma once

#include <string>
#include <vector>

#include "pipeline/config/config.h"
#include "pipeline/config/problem.h"

namespace clew::pipeline {

/// Where a component listens.
struct ListeningAddress {
  /// E.g. "receiver otlp grpc".
  std::string what;
  /// Of the component ("otlp"); empty for the metrics.
  std::string type;
  /// "grpc", "http", "jaeger", …; empty when the component has one address.
  std::string protocol;
  /// host:port, or the path of a unix socket.
  std::string where;
  /// "tcp", "tcp4", "tcp6" or "unix"; empty means tcp.
  std::string transport;
  /// Whether spans are sent there.
  bool takes_spans = false;
  /// Whether who connects must speak TLS, or name a tenant.
  bool needs_options = false;
  /// Of the component in its file.
  Place place;
};

/// Every address that receivers and extensions of `config` listen on, and that of the metrics.
std::vector<ListeningAddress> ListeningAddresses(const Config& config);

/// Where the metrics are served, host:port; empty when they are not.
std::string TelemetryEndpoint(const TelemetryConfig& telemetry);

/// Adds a problem for each listener of `config` whose port another one in front of it has already:
/// the same address, or one of all addresses and one of them. Names are compared, not looked up,
/// but for localhost.
void CheckListeners(const Config& config, ProblemList& problems);

}  // namespace clew::pipeline
