#include <array>
#include <utility>

#include "wire/otlp/signal_shape.h"

namespace clew::wire::otlp {
namespace {

using enum SignalShape::Regrouping;
using Numbers = std::span<const std::uint32_t>;

constexpr std::uint32_t kFirst[] = {1};
constexpr std::uint32_t kSecond[] = {2};
/// Gauge, sum, histogram, exponential histogram and summary of a metric.
constexpr std::uint32_t kMetricData[] = {5, 7, 9, 10, 11};

constexpr Numbers kSpanLevels[] = {kFirst, kSecond, kSecond};
constexpr Numbers kPointLevels[] = {kFirst, kSecond, kSecond, kMetricData, kFirst};
constexpr Numbers kLogLevels[] = {kFirst, kSecond, kSecond};
constexpr Numbers kSampleLevels[] = {kFirst, kSecond, kSecond, kSecond};

}  // namespace

const SignalShape& ShapeOf(model::Signal signal) {
  static const std::array<SignalShape, model::kSignals.size()> kShapes = {{
      {.signal = model::Signal::kTraces,
       .levels = kSpanLevels,
       .regrouping = kByItems,
       .request = kTracesRequestSchema,
       .response = kTracesResponseSchema,
       .request_name = "ExportTraceServiceRequest",
       .resources_name = "resource spans",
       .items_name = "spans",
       .grpc_method = "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
       .http_path = "/v1/traces"},
      {.signal = model::Signal::kMetrics,
       .levels = kPointLevels,
       .regrouping = kByItems,
       .request = kMetricsRequestSchema,
       .response = kMetricsResponseSchema,
       .request_name = "ExportMetricsServiceRequest",
       .resources_name = "resource metrics",
       .items_name = "data points",
       .grpc_method = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
       .http_path = "/v1/metrics"},
      {.signal = model::Signal::kLogs,
       .levels = kLogLevels,
       .regrouping = kByItems,
       .request = kLogsRequestSchema,
       .response = kLogsResponseSchema,
       .request_name = "ExportLogsServiceRequest",
       .resources_name = "resource logs",
       .items_name = "log records",
       .grpc_method = "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
       .http_path = "/v1/logs"},
      {.signal = model::Signal::kProfiles,
       .levels = kSampleLevels,
       .regrouping = kNone,
       .request = kProfilesRequestSchema,
       .response = kProfilesResponseSchema,
       .request_name = "ExportProfilesServiceRequest",
       .resources_name = "resource profiles",
       .items_name = "samples",
       .grpc_method =
           "/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export",
       .http_path = "/v1development/profiles"},
  }};
  return kShapes[std::to_underlying(signal)];
}

}  // namespace clew::wire::otlp
