#pragma once

#include "pipeline/blocks/grpc_client.h"
#include "pipeline/blocks/sending.h"
#include "pipeline/config/binder.h"

namespace clew::pipeline::exporters::otlp_grpc {

/// collector-config.md section 8, otlp_grpc.
class Config final : public blocks::GrpcClientSection {
 public:
  Config();
  void Describe(Binder& binder) override;
  void Validate(Problems& problems) const override;

  Nanos timeout{std::chrono::seconds(5)};
  blocks::SendingSections sending;
};

}  // namespace clew::pipeline::exporters::otlp_grpc
