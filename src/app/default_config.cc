#include "app/default_config.h"

namespace clew::app {

std::string_view DefaultConfig() {
  return R"(receivers:
  otlp:
    protocols:
      grpc:
        endpoint: localhost:4317
      http:
        endpoint: localhost:4318
processors:
  memory_limiter:
    check_interval: 1s
    limit_percentage: 75
    spike_limit_percentage: 15
exporters:
  clew_storage:
extensions:
  clew_storage:
    directory: ${env:CLEW_DATA_DIR:-clew-data}
  clew_query:
  health_check:
service:
  extensions: [clew_storage, clew_query, health_check]
  pipelines:
    traces:
      receivers: [otlp]
      processors: [memory_limiter]
      exporters: [clew_storage]
)";
}

}  // namespace clew::app
