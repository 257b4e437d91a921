#include "pipeline/exporters/otlp_http/config.h"

#include "pipeline/settings/endpoint.h"
#include "wire/otlp/signal_shape.h"

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
               "The same for metrics; else endpoint with /v1/metrics.");
  binder.Field("logs_endpoint", &logs_endpoint,
               "The same for log records; else endpoint with /v1/logs.");
  binder.Field("profiles_endpoint", &profiles_endpoint,
               "The same for profiles; else endpoint with /v1development/profiles.");
  binder.Word("encoding", &encoding, "proto or json.");
  sending.Describe(binder);
}

void Config::Validate(Problems& problems) const {
  HttpClientSection::Validate(problems);
  bool has_endpoint = !endpoint.empty();
  for (const model::Signal signal : model::kSignals) {
    const std::string& own = OwnEndpoint(signal);
    has_endpoint = has_endpoint || !own.empty();
    settings::CheckUrl(fmt::format("{}_endpoint", NameOf(signal)), own, problems);
  }
  if (!has_endpoint) problems.Add("", "at least one endpoint must be specified");
  if (encoding != "proto" && encoding != "json") {
    problems.Add("encoding", fmt::format("invalid encoding type: {}; use proto or json", encoding));
  }
  sending.Validate(problems);
}

const std::string& Config::OwnEndpoint(model::Signal signal) const {
  switch (signal) {
    case model::Signal::kMetrics:
      return metrics_endpoint;
    case model::Signal::kLogs:
      return logs_endpoint;
    case model::Signal::kProfiles:
      return profiles_endpoint;
    case model::Signal::kTraces:
      break;
  }
  return traces_endpoint;
}

Result<std::string> Config::UrlOf(model::Signal signal) const {
  if (const std::string& own = OwnEndpoint(signal); !own.empty()) return own;
  if (endpoint.empty()) {
    return base::InvalidArgument("either endpoint or {}_endpoint must be specified",
                                 NameOf(signal));
  }
  std::string_view base = endpoint;
  if (base.ends_with('/')) base.remove_suffix(1);
  return std::string(base) + std::string(wire::otlp::ShapeOf(signal).http_path);
}

}  // namespace clew::pipeline::exporters::otlp_http
