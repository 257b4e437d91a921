#include <chrono>

#include "app/bench/benches.h"
#include "app/bench/measure.h"
#include "wire/otlp/decode.h"
#include "workload/generator.h"

namespace clew::app::bench {
namespace {

constexpr std::uint64_t kDistinctSpans = 200'000;
constexpr std::uint64_t kSpanCount = 6'000'000;
constexpr std::size_t kSpansPerRequest = 1'000;

}  // namespace

Result<Report> BenchDecode(const BenchOptions& options) {
  workload::Generator generator({.seed = options.seed, .spans_per_request = kSpansPerRequest});
  std::vector<std::vector<Bytes>> requests;
  std::uint64_t made = 0;
  std::uint64_t made_bytes = 0;
  while (made < kDistinctSpans) {
    workload::GeneratedRequest request = generator.Next();
    made += request.span_count;
    made_bytes += request.body.size();
    requests.push_back({Bytes(std::move(request.body))});
  }
  const std::uint64_t wanted = options.span_count == 0 ? kSpanCount : options.span_count;
  const wire::otlp::DecodeLimits limits;
  wire::otlp::DecodeCounts counts;
  std::uint64_t decoded = 0;
  const auto begin = base::SystemTime().Time();
  const double cpu_begin = OwnCpuSeconds();
  for (std::size_t i = 0; decoded < wanted; i = (i + 1) % requests.size()) {
    ASSIGN_OR_RETURN(const model::SpanColumnsPtr columns,
                     wire::otlp::DecodeRequest(requests[i], limits, counts, kSpansPerRequest));
    decoded += columns->span_count();
  }
  const double seconds = std::chrono::duration<double>(base::SystemTime().Time() - begin).count();
  const double cpu_seconds = OwnCpuSeconds() - cpu_begin;
  Report report("decode", "spans/s/core");
  report.SetValue(static_cast<double>(decoded) / cpu_seconds);
  report.Add("spans", static_cast<double>(decoded));
  report.Add("cpu_seconds", cpu_seconds);
  report.Add("wall_seconds", seconds);
  report.Add("bytes_per_span", static_cast<double>(made_bytes) / static_cast<double>(made));
  return report;
}

}  // namespace clew::app::bench
