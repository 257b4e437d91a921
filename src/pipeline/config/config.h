#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/config/emit.h"
#include "pipeline/config/problem.h"
#include "pipeline/config/source.h"
#include "pipeline/config/telemetry.h"
#include "pipeline/factory.h"

namespace clew::pipeline {

/// "receiver", "processor", "exporter", "connector" or "extension".
std::string_view KindName(ComponentKind kind);

/// One entry of receivers, processors, exporters or extensions.
struct ComponentConfig {
  ComponentKind kind = ComponentKind::kReceiver;
  /// As written, spaces trimmed, e.g. "otlp/second".
  std::string id;
  const Factory* factory = nullptr;
  std::unique_ptr<Section> section;
  Place place;
};

/// Longest id of a pipeline that stores: it is written into each record of the log.
inline constexpr std::size_t kStoringPipelineBytesMax = 255;

struct PipelineConfig {
  /// "traces" or "traces/name".
  std::string id;
  model::Signal signal = model::Signal::kTraces;
  std::vector<std::string> receivers;
  std::vector<std::string> processors;
  std::vector<std::string> exporters;
  Place place;
};

/// A valid configuration: every reference leads somewhere, every section holds what it says.
struct Config {
  /// In the order of the file.
  std::vector<ComponentConfig> components;
  /// service::extensions: those that run, in this order.
  std::vector<std::string> extensions;
  std::vector<PipelineConfig> pipelines;
  TelemetryConfig telemetry;

  /// Null when there is none.
  const ComponentConfig* Find(ComponentKind kind, std::string_view id) const;
};

struct LoadOutcome {
  /// Null when there is a problem.
  std::shared_ptr<const Config> config;
  /// All of them, by source and line.
  ProblemList problems;
  /// Deprecated names, unset variables, what is stored and can never be read.
  std::vector<std::string> warnings;
};

/// Reads, merges, expands, decodes and checks. `factories` outlives the configuration.
LoadOutcome LoadConfig(const ConfigSources& sources, const std::vector<Factory>& factories);

/// The effective configuration as YAML, every default written out.
std::string EmitConfig(const Config& config, Secrecy secrecy);

}  // namespace clew::pipeline
