#pragma once

#include "pipeline/config/binder.h"
#include "pipeline/settings/grpc_client.h"
#include "pipeline/settings/sending.h"

namespace clew::pipeline::exporters::otlp_grpc {

/// collector-config.md section 8, otlp_grpc.
class Config final : public settings::GrpcClientSection {
 public:
  Config();
  void Describe(Binder& binder) override;
  void Validate(Problems& problems) const override;

  Nanos timeout{std::chrono::seconds(5)};
  settings::SendingSections sending;
};

}  // namespace clew::pipeline::exporters::otlp_grpc
