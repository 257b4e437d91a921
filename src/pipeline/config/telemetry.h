#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "pipeline/config/emit.h"
#include "pipeline/config/problem.h"

namespace clew::pipeline {

/// service::telemetry: what clew says of itself (collector-config.md section 4).
struct TelemetryConfig {
  /// debug, info, warn or error; dpanic, panic and fatal count as error.
  std::string log_level = "info";
  /// console or json.
  std::string log_encoding = "console";
  /// none, basic, normal or detailed. With none there is no listener.
  std::string metrics_level = "normal";
  /// Where Prometheus reads; no listener when `has_prometheus` is false.
  bool has_prometheus = true;
  std::string prometheus_host = "localhost";
  std::uint16_t prometheus_port = 8888;
  /// Attribute → value, shown as the labels of target_info.
  std::map<std::string, std::string> resource;

  /// As YAML below "telemetry:", at `indent` spaces; reads back to the same (with
  /// Secrecy::kShown).
  std::string Emit(int indent, Secrecy secrecy) const;
};

/// Reads the block. Keys that the Collector knows and clew does not act on are refused by name, so
/// that nobody believes they work.
TelemetryConfig ReadTelemetry(const Node& node, ProblemList& problems);

}  // namespace clew::pipeline
