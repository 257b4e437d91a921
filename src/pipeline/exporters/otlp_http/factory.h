#pragma once

#include "pipeline/factory.h"

namespace clew::pipeline::exporters::otlp_http {

Factory OtlpHttpExporterFactory();

}  // namespace clew::pipeline::exporters::otlp_http
