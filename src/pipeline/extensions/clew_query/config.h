#pragma once

#include <chrono>
#include <string>

#include "api/jaeger/jaeger_api.h"
#include "api/tempo/tempo_api.h"
#include "pipeline/config/binder.h"
#include "pipeline/settings/grpc_server.h"
#include "pipeline/settings/http_server.h"

namespace clew::pipeline::extensions::clew_query {

class TenancySection final : public pipeline::Section {
 public:
  void Describe(pipeline::Binder& binder) override;
  void Validate(pipeline::Problems& problems) const override;

  bool enabled = false;
  std::string header = "X-Scope-OrgID";
};

class JaegerSection final : public pipeline::Section {
 public:
  void Describe(pipeline::Binder& binder) override;
  void Validate(pipeline::Problems& problems) const override;

  pipeline::settings::HttpServerSection http{"localhost:16686"};
  std::string base_path;
  Nanos max_clock_skew_adjust{0};
  std::uint64_t max_trace_size = 0;
};

class TempoSection final : public pipeline::Section {
 public:
  TempoSection();
  void Describe(pipeline::Binder& binder) override;
  void Validate(pipeline::Problems& problems) const override;

  pipeline::settings::HttpServerSection http{"localhost:3200"};
  std::string http_api_prefix;
  /// gRPC on a port of its own; that of HTTP speaks it in any case. Off: two servers on a machine
  /// would want the same one, and nobody who has not asked for it needs it.
  bool has_grpc = false;
  pipeline::settings::GrpcServerSection grpc{"localhost:9095"};
};

class ClewQueryConfig final : public pipeline::Section {
 public:
  void Describe(pipeline::Binder& binder) override;
  void Validate(pipeline::Problems& problems) const override;
  std::optional<bool> SeparatesTenants() const override { return tenancy.enabled; }
  std::string_view StorageId() const override { return storage; }

  /// All outlive the answers.
  api::jaeger::JaegerOptions JaegerOptions(base::MemoryAccount& answer_memory, const Clock& clock,
                                           base::WorkerPool& helpers) const;
  api::tempo::TempoOptions TempoOptions(base::MemoryAccount& answer_memory, const Clock& clock,
                                        base::WorkerPool& helpers) const;

  std::string storage = "clew_storage";
  Nanos timeout{std::chrono::seconds(30)};
  std::uint64_t max_limit = 10'000;
  std::uint64_t max_concurrent_queries = 0;
  std::uint64_t max_queued_queries = 256;
  TenancySection tenancy;
  bool has_jaeger = true;
  JaegerSection jaeger;
  bool has_tempo = true;
  TempoSection tempo;
};

}  // namespace clew::pipeline::extensions::clew_query
