#include "pipeline/extensions/health_check/config.h"

namespace clew::pipeline::extensions::health_check {

void ResponseBodySection::Describe(Binder& binder) {
  binder.Field("healthy", &healthy, "Body of the answer when ready, instead of the JSON one.");
  binder.Field("unhealthy", &unhealthy,
               "Body of the answer when not ready, instead of the JSON one.");
}

void CheckPipelineSection::Describe(Binder& binder) {
  binder.Field("enabled", &enabled, "Accepted for compatibility; only false is supported.");
  binder.Field("interval", &interval, "Accepted for compatibility.");
  binder.Field("exporter_failure_threshold", &exporter_failure_threshold,
               "Accepted for compatibility.");
}

void Config::Describe(Binder& binder) {
  HttpServerSection::Describe(binder);
  binder.Field("path", &path, "Path that says whether spans are taken.");
  binder.Nested("response_body", &response_body, "What to answer instead of JSON.");
  binder.Nested("check_collector_pipeline", &check_collector_pipeline,
                "Failing exporters as bad health.");
}

void Config::Validate(Problems& problems) const {
  HttpServerSection::Validate(problems);
  if (!path.starts_with('/')) {
    problems.Add("path", "path must start with /");
  }
  if (check_collector_pipeline.enabled) {
    problems.Add("check_collector_pipeline::enabled",
                 "is not supported; watch otelcol_exporter_send_failed_spans instead");
  }
}

}  // namespace clew::pipeline::extensions::health_check
