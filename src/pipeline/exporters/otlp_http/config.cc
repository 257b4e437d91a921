#include "pipeline/exporters/otlp_http/config.h"

#include "pipeline/settings/endpoint.h"

namespace clew::pipeline::exporters::otlp_http {

Config::Config() {
  timeout = std::chrono::seconds(30);
  compression = "gzip";
  write_buffer_size = 512 << 10;
}

void Config::Describe(Binder& binder) {
  HttpClientSection::Describe(binder);
  binder.Field("traces_endpoint", &traces_endpoint,
               "URL for spans, used as it is; else endpoint with /v1/traces.");
  binder.Field("metrics_endpoint", &metrics_endpoint,
               "Accepted for compatibility; clew sends spans only.");
  binder.Field("logs_endpoint", &logs_endpoint,
               "Accepted for compatibility; clew sends spans only.");
  binder.Field("profiles_endpoint", &profiles_endpoint,
               "Accepted for compatibility; clew sends spans only.");
  binder.Word("encoding", &encoding, "proto or json.");
  sending.Describe(binder);
}

void Config::Validate(Problems& problems) const {
  HttpClientSection::Validate(problems);
  if (endpoint.empty() && traces_endpoint.empty()) {
    problems.Add("", "at least one endpoint must be specified");
  }
  settings::CheckUrl("traces_endpoint", traces_endpoint, problems);
  if (encoding != "proto" && encoding != "json") {
    problems.Add("encoding", fmt::format("invalid encoding type: {}", encoding));
  }
  sending.Validate(problems);
}

std::string Config::traces_url() const {
  if (!traces_endpoint.empty()) {
    return traces_endpoint;
  }
  return endpoint + (endpoint.ends_with('/') ? "v1/traces" : "/v1/traces");
}

}  // namespace clew::pipeline::exporters::otlp_http
