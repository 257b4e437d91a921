#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/vocabulary.h"
#include "model/trace_data.h"
#include "traceql/evaluate/testing/example_trace.h"
#include "traceql/metrics/answer.h"
#include "traceql/metrics/collector.h"
#include "traceql/metrics/time_range.h"

namespace clew::traceql::metrics::testing {

inline constexpr std::int64_t kSecond = 1'000'000'000;

/// A span written by hand. Times are seconds.
struct SpanSpec {
  std::string_view trace;  // hex
  double start = 0;
  double duration = 0;
  std::string_view name = "op";
  std::string_view service = "shop";
  model::StatusCode status = model::StatusCode::kUnset;
  model::Attributes attributes{};
  std::string_view trace_state{};
  std::vector<model::Event> events{};
};

using Traces = std::vector<evaluate::testing::ExampleTrace>;

/// Spans of one trace stand beside each other. The first of each is the parent of the others.
Traces MakeTraces(const std::vector<SpanSpec>& spans);

/// What the queries of tests/golden/traceql_results/metrics.txt are asked of, in steps of 10 s from
/// 100 to 130 s: three spans in the first bucket, one in the second, on its edge, and none in the
/// third; two are outside.
Traces Catalogue();

/// Buckets of `step` seconds from `start` on.
TimeRange Range(std::int64_t start, std::int64_t end, std::int64_t step);

Result<MetricsProgram> Prepare(std::string_view query);

/// What the query makes of the traces, as all tests here do.
Result<Answer> Ask(std::string_view query, const Traces& traces, const TimeRange& range,
                   const CollectorLimits& limits = {}, std::size_t series_max = 0);

/// A series a line: `{name="get"} 110:0.3 120:0.1`, where points are called by their seconds; of
/// what fails the message.
std::string Describe(const Answer& answer);
std::string Describe(const Result<Answer>& answer);

}  // namespace clew::traceql::metrics::testing
