#pragma once

#include <cstdint>
#include <string>

#include "pipeline/config/binder.h"
#include "pipeline/settings/http_server.h"

namespace clew::pipeline::extensions::health_check {

class ResponseBodySection final : public Section {
 public:
  void Describe(Binder& binder) override;

  std::string healthy;
  std::string unhealthy;
};

/// Does nothing in the Collector either; there so that its files load.
class CheckPipelineSection final : public Section {
 public:
  void Describe(Binder& binder) override;

  bool enabled = false;
  Nanos interval{std::chrono::minutes(5)};
  std::uint64_t exporter_failure_threshold = 5;
};

/// collector-config.md section 15, health_check (its first form).
class Config final : public settings::HttpServerSection {
 public:
  Config() : HttpServerSection("localhost:13133") {}
  void Describe(Binder& binder) override;
  void Validate(Problems& problems) const override;

  std::string path = "/";
  ResponseBodySection response_body;
  CheckPipelineSection check_collector_pipeline;
};

}  // namespace clew::pipeline::extensions::health_check
