#include "pipeline/extensions/clew_query/config.h"

#include <algorithm>
#include <string_view>

#include "net/http_header.h"
#include "pipeline/settings/nested.h"

namespace clew::pipeline::extensions::clew_query {
namespace {

using pipeline::Binder;
using pipeline::Problems;
using pipeline::settings::ValidateNested;

/// Empty and "/" mean none; else like "/jaeger": no empty or dot segments (jaeger.md section 11).
bool IsPathPrefix(std::string_view prefix) {
  if (prefix.empty() || prefix == "/") {
    return true;
  }
  while (!prefix.empty()) {
    if (!prefix.starts_with('/')) {
      return false;
    }
    prefix.remove_prefix(1);
    const std::string_view segment = prefix.substr(0, prefix.find('/'));
    const bool is_plain = std::ranges::all_of(segment, [](unsigned char c) {
      return c > 0x20 && c < 0x7F &&
             std::string_view("<>\"'&?#%\\").find(static_cast<char>(c)) == std::string_view::npos;
    });
    if (segment.empty() || segment == "." || segment == ".." || !is_plain) {
      return false;
    }
    prefix.remove_prefix(segment.size());
  }
  return true;
}

void CheckPathPrefix(std::string_view key, std::string_view prefix, Problems& problems) {
  if (!IsPathPrefix(prefix)) {
    problems.Add(key, fmt::format("\"{}\" is no path prefix: write it like /traces, without a "
                                  "slash at its end, dot segments or escapes",
                                  prefix));
  }
}

std::string PathPrefix(const std::string& configured) {
  return configured == "/" ? std::string() : configured;
}

}  // namespace

void TenancySection::Describe(Binder& binder) {
  binder.Field("enabled", &enabled, "Ask every query for a tenant; off, all is one tenant's.");
  binder.Field("header", &header, "Header that names the tenant.");
}

void TenancySection::Validate(Problems& problems) const {
  if (!net::IsHeaderName(header)) {
    problems.Add("header", fmt::format("\"{}\" is no name of a header, write one such as "
                                       "X-Scope-OrgID",
                                       header));
  }
}

void JaegerSection::Describe(Binder& binder) {
  http.Describe(binder);
  binder.Field("base_path", &base_path, "Put in front of every path, e.g. /jaeger.");
  binder.Field("max_clock_skew_adjust", &max_clock_skew_adjust,
               "Largest correction of a host's clock; 0s corrects nothing and warns.");
  binder.Field("max_trace_size", &max_trace_size,
               "Spans of one trace that are shown; 0 means all.");
}

void JaegerSection::Validate(Problems& problems) const {
  http.Validate(problems);
  CheckPathPrefix("base_path", base_path, problems);
  if (max_clock_skew_adjust < Nanos(0)) {
    problems.Add("max_clock_skew_adjust", "must not be negative");
  }
}

TempoSection::TempoSection() {
  // As Tempo has it, since its clients ping more often than others may.
  auto& policy = grpc.keepalive.enforcement_policy;
  policy.min_time = std::chrono::seconds(10);
  policy.permit_without_stream = true;
}

void TempoSection::Describe(Binder& binder) {
  http.Describe(binder);
  binder.Field("http_api_prefix", &http_api_prefix,
               "Put in front of every path below /api, e.g. /tempo.");
  binder.Optional("grpc", &has_grpc, &grpc,
                  "gRPC on a port of its own, as Tempo's 9095; that of HTTP speaks it as well.");
}

void TempoSection::Validate(Problems& problems) const {
  http.Validate(problems);
  CheckPathPrefix("http_api_prefix", http_api_prefix, problems);
  if (has_grpc) ValidateNested("grpc", grpc, problems);
}

void ClewQueryConfig::Describe(Binder& binder) {
  binder.Field("storage", &storage, "Id of the storage extension that is asked.");
  binder.Field("timeout", &timeout, "Longest time for one query.");
  binder.Field("max_limit", &max_limit,
               "Most traces in one answer; a search that asks for more is refused.");
  binder.Field("max_concurrent_queries", &max_concurrent_queries,
               "Queries that run at the same time; 0 means one a core, at least two.");
  binder.Field("max_queued_queries", &max_queued_queries,
               "Queries that wait for their turn; more are answered with 503.");
  binder.Nested("tenancy", &tenancy, "Separation of tenants.");
  binder.Optional("jaeger", &has_jaeger, &jaeger, "Jaeger's query API.");
  binder.Optional("tempo", &has_tempo, &tempo, "Tempo's query API.");
}

void ClewQueryConfig::Validate(Problems& problems) const {
  if (storage.empty()) {
    problems.Add("storage", "must name a storage extension, e.g. clew_storage");
  }
  if (timeout <= Nanos(0)) {
    problems.Add("timeout", "must be greater than zero");
  }
  if (max_limit == 0) {
    problems.Add("max_limit", "must be greater than zero");
  }
  if (max_concurrent_queries > 1024) {
    problems.Add("max_concurrent_queries", "must be at most 1024");
  }
  if (max_queued_queries == 0) {
    problems.Add("max_queued_queries", "must be greater than zero");
  }
  ValidateNested("tenancy", tenancy, problems);
  if (has_jaeger) {
    ValidateNested("jaeger", jaeger, problems);
  }
  if (has_tempo) {
    ValidateNested("tempo", tempo, problems);
  }
}

api::jaeger::JaegerOptions ClewQueryConfig::JaegerOptions(base::MemoryAccount& answer_memory,
                                                          const Clock& clock,
                                                          base::WorkerPool& helpers) const {
  return {.base_path = PathPrefix(jaeger.base_path),
          .clock_skew_adjust_max = jaeger.max_clock_skew_adjust,
          .trace_span_count_max = jaeger.max_trace_size,
          .limit_max = max_limit,
          .limits = {.timeout = timeout,
                     .answer_memory = &answer_memory,
                     .clock = &clock,
                     .helpers = &helpers},
          .tenancy = {.is_enabled = tenancy.enabled, .header = tenancy.header}};
}

api::tempo::TempoOptions ClewQueryConfig::TempoOptions(base::MemoryAccount& answer_memory,
                                                       const Clock& clock,
                                                       base::WorkerPool& helpers) const {
  return {.api_prefix = PathPrefix(tempo.http_api_prefix),
          .limit_max = max_limit,
          .limits = {.timeout = timeout,
                     .answer_memory = &answer_memory,
                     .clock = &clock,
                     .helpers = &helpers},
          .tenancy = {.is_enabled = tenancy.enabled, .header = tenancy.header},
          .version = CLEW_VERSION};
}

}  // namespace clew::pipeline::extensions::clew_query
