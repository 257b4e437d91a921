#include "pipeline/receivers/otlp/config.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "model/limits.h"
#include "pipeline/settings/nested.h"
#include "wire/otlp/signal_shape.h"

namespace clew::pipeline::receivers::otlp {
namespace {

using settings::ValidateNested;

std::string WithLeadingSlash(const std::string& path) {
  return path.starts_with('/') ? path : "/" + path;
}

bool IsPath(std::string_view path) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    const auto c = static_cast<unsigned char>(path[i]);
    if (c <= ' ' || c == 0x7f || c == '?' || c == '#') {
      return false;
    }
    if (c == '%' &&
        (i + 2 >= path.size() || !std::isxdigit(static_cast<unsigned char>(path[i + 1])) ||
         !std::isxdigit(static_cast<unsigned char>(path[i + 2])))) {
      return false;
    }
  }
  return !path.empty();
}

void CheckPath(std::string_view key, std::string_view path, Problems& problems) {
  if (!IsPath(path)) {
    problems.Add(key, fmt::format("invalid HTTP URL path set for signal: \"{}\"", path));
  }
}

void CheckPathsDiffer(const HttpSection& section, Problems& problems) {
  std::set<std::string> paths = {section.PathOf(model::Signal::kProfiles)};
  for (const model::Signal signal :
       {model::Signal::kTraces, model::Signal::kMetrics, model::Signal::kLogs}) {
    const std::string path = section.PathOf(signal);
    if (paths.insert(path).second) continue;
    problems.Add(fmt::format("{}_url_path", NameOf(signal)),
                 fmt::format("\"{}\" takes another signal already, choose another path", path));
  }
}

}  // namespace

HttpSection::HttpSection() : HttpServerSection("localhost:4318") {
  // The Collector waits for ever here; slow senders must not hold connections for ever.
  read_timeout = std::chrono::minutes(1);
}

void HttpSection::Describe(Binder& binder) {
  HttpServerSection::Describe(binder);
  binder.Field("traces_url_path", &traces_url_path,
               "Path that takes spans; gets a slash in front when it has none.");
  binder.Field("metrics_url_path", &metrics_url_path, "The same for metrics.");
  binder.Field("logs_url_path", &logs_url_path, "The same for log records.");
}

void HttpSection::Validate(Problems& problems) const {
  HttpServerSection::Validate(problems);
  if (max_request_body_size > model::kBodyBytesMax) {
    problems.Add("max_request_body_size", fmt::format("must be at most {}: {}",
                                                      model::kBodyBytesMax, max_request_body_size));
  }
  CheckPath("traces_url_path", traces_url_path, problems);
  CheckPath("metrics_url_path", metrics_url_path, problems);
  CheckPath("logs_url_path", logs_url_path, problems);
  CheckPathsDiffer(*this, problems);
}

std::string HttpSection::PathOf(model::Signal signal) const {
  switch (signal) {
    case model::Signal::kMetrics:
      return WithLeadingSlash(metrics_url_path);
    case model::Signal::kLogs:
      return WithLeadingSlash(logs_url_path);
    case model::Signal::kProfiles:
      return std::string(wire::otlp::ShapeOf(signal).http_path);
    case model::Signal::kTraces:
      break;
  }
  return WithLeadingSlash(traces_url_path);
}

ProtocolsSection::ProtocolsSection() : grpc("localhost:4317") { grpc.read_buffer_size = 524288; }

void ProtocolsSection::Describe(Binder& binder) {
  binder.Optional("grpc", &has_grpc, &grpc, "OTLP/gRPC.");
  binder.Optional("http", &has_http, &http, "OTLP/HTTP: protobuf and JSON.");
}

void ProtocolsSection::Validate(Problems& problems) const {
  if (has_grpc) {
    ValidateNested("grpc", grpc, problems);
  }
  if (has_http) {
    ValidateNested("http", http, problems);
  }
}

void Config::Describe(Binder& binder) {
  binder.Nested("protocols", &protocols, "What to listen to.");
  binder.Optional("limits", &has_limits, &limits,
                  "How much of a span is kept. Without this section the values below hold where "
                  "spans are decoded, as for clew_storage, and an exporter of what is not decoded "
                  "gets everything; with it, be it empty, spans are cut before they go on. A span "
                  "is never refused for its size: dropped attributes, events and links raise its "
                  "dropped counts, and clew_receiver_truncated_total counts all that was cut, by "
                  "reason.");
  binder.Nested("tenancy", &tenancy, "Whose data it is.");
}

void Config::Validate(Problems& problems) const {
  if (!protocols.has_grpc && !protocols.has_http) {
    problems.Add("", "must specify at least one protocol when using the OTLP receiver");
  }
  ValidateNested("protocols", protocols, problems);
  ValidateNested("limits", limits, problems);
  ValidateNested("tenancy", tenancy, problems);
}

}  // namespace clew::pipeline::receivers::otlp
