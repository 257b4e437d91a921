#pragma once

#include "pipeline/factory.h"

namespace clew::pipeline::exporters::otlp_grpc {

Factory OtlpGrpcExporterFactory();

}  // namespace clew::pipeline::exporters::otlp_grpc
