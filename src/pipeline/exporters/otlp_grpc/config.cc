#include "pipeline/exporters/otlp_grpc/config.h"

namespace clew::pipeline::exporters::otlp_grpc {

Config::Config() {
  compression = "gzip";
  write_buffer_size = 512 << 10;
}

void Config::Describe(Binder& binder) {
  GrpcClientSection::Describe(binder);
  binder.Field("timeout", &timeout, "For one request and its answer; 0s means none.");
  sending.Describe(binder);
}

void Config::Validate(Problems& problems) const {
  GrpcClientSection::Validate(problems);
  if (timeout < Nanos(0)) {
    problems.Add("timeout", "'timeout' must not be negative");
  }
  sending.Validate(problems);
}

}  // namespace clew::pipeline::exporters::otlp_grpc
