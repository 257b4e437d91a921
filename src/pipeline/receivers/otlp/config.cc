#include "pipeline/receivers/otlp/config.h"

#include <algorithm>
#include <cctype>

#include "model/limits.h"
#include "net/http_header.h"
#include "pipeline/settings/nested.h"

namespace clew::pipeline::receivers::otlp {
namespace {

using settings::ValidateNested;

constexpr std::uint64_t kNestingDepthMax = 128;

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

void CheckPositive(std::string_view key, std::uint64_t value, Problems& problems) {
  if (value == 0) {
    problems.Add(key, "must be greater than zero");
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
  binder.Field("metrics_url_path", &metrics_url_path,
               "Accepted for compatibility; clew takes spans only.");
  binder.Field("logs_url_path", &logs_url_path,
               "Accepted for compatibility; clew takes spans only.");
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
}

std::string HttpSection::traces_path() const { return WithLeadingSlash(traces_url_path); }

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

void LimitsSection::Describe(Binder& binder) {
  binder.Field("max_attributes", &limits.attribute_count_max,
               "Attributes kept of each span, event, link, scope and resource.");
  binder.Field("max_attribute_key_bytes", &limits.attribute_key_bytes_max,
               "Bytes kept of each attribute key; all text is cut between characters.");
  binder.Field(
      "max_attribute_value_bytes", &limits.attribute_value_bytes_max,
      "Bytes kept of each text or bytes value, status message and trace state; an array or "
      "a map of more bytes, as OTLP encodes it, becomes empty.");
  binder.Field("max_name_bytes", &limits.name_bytes_max,
               "Bytes kept of the names of spans, events and scopes, of versions and schema URLs.");
  binder.Field("max_events", &limits.event_count_max, "Events kept of each span.");
  binder.Field("max_links", &limits.link_count_max, "Links kept of each span.");
  binder.Field("max_nesting_depth", &limits.nesting_depth_max,
               "Arrays and maps within each other; deeper values become empty.");
  binder.Field(
      "max_entity_refs", &limits.entity_ref_count_max,
      "Entity references kept of each resource; one that is larger than a value may be, or "
      "has more keys than a resource may have attributes, is left out.");
  binder.Field(
      "max_attribute_keys", &limits.attribute_keys_max,
      "Distinct attribute keys kept of a request; attributes with further keys are dropped.");
}

void LimitsSection::Validate(Problems& problems) const {
  CheckPositive("max_attributes", limits.attribute_count_max, problems);
  CheckPositive("max_attribute_key_bytes", limits.attribute_key_bytes_max, problems);
  CheckPositive("max_name_bytes", limits.name_bytes_max, problems);
  CheckPositive("max_attribute_value_bytes", limits.attribute_value_bytes_max, problems);
  CheckPositive("max_events", limits.event_count_max, problems);
  CheckPositive("max_links", limits.link_count_max, problems);
  CheckPositive("max_entity_refs", limits.entity_ref_count_max, problems);
  CheckPositive("max_attribute_keys", limits.attribute_keys_max, problems);
  if (limits.nesting_depth_max == 0 || limits.nesting_depth_max > kNestingDepthMax) {
    problems.Add("max_nesting_depth", fmt::format("must be between 1 and {}: {}", kNestingDepthMax,
                                                  limits.nesting_depth_max));
  }
}

void TenancySection::Describe(Binder& binder) {
  binder.Field("enabled", &enabled, "Take the tenant from a header and refuse requests without.");
  binder.Field("header", &header, "HTTP header, and gRPC metadata key, that names the tenant.");
}

void TenancySection::Validate(Problems& problems) const {
  if (!net::IsHeaderName(header)) {
    problems.Add("header", fmt::format("\"{}\" is no name of a header, write one such as "
                                       "X-Scope-OrgID",
                                       header));
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
