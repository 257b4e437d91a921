#pragma once

#include <cstdint>
#include <string>

#include "model/signal.h"
#include "pipeline/config/binder.h"
#include "pipeline/receiving/limits.h"
#include "pipeline/receiving/tenancy.h"
#include "pipeline/settings/grpc_server.h"
#include "pipeline/settings/http_server.h"

namespace clew::pipeline::receivers::otlp {

/// protocols::http: an HTTP server and the paths it takes.
class HttpSection final : public settings::HttpServerSection {
 public:
  HttpSection();
  void Describe(Binder& binder) override;
  void Validate(Problems& problems) const override;

  /// Where items of the signal are taken: as configured, with a leading '/'.
  std::string PathOf(model::Signal signal) const;

  std::string traces_url_path = "/v1/traces";
  std::string metrics_url_path = "/v1/metrics";
  std::string logs_url_path = "/v1/logs";
};

class ProtocolsSection final : public Section {
 public:
  ProtocolsSection();
  void Describe(Binder& binder) override;
  void Validate(Problems& problems) const override;

  bool has_grpc = false;
  settings::GrpcServerSection grpc;
  bool has_http = false;
  HttpSection http;
};

class Config final : public Section {
 public:
  void Describe(Binder& binder) override;
  void Validate(Problems& problems) const override;
  std::optional<bool> SeparatesTenants() const override { return tenancy.enabled; }

  ProtocolsSection protocols;
  /// Limits that the file names are applied before anything is handed on; the defaults only where
  /// spans are decoded anyway.
  bool has_limits = false;
  receiving::LimitsSection limits;
  receiving::TenancySection tenancy;
};

}  // namespace clew::pipeline::receivers::otlp
