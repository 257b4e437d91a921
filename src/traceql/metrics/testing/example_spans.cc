#include "traceql/metrics/testing/example_spans.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <utility>

#include "traceql/evaluate/testing/run_query.h"

namespace clew::traceql::metrics::testing {
namespace {

UnixNanos Nanoseconds(double seconds) { return std::llround(seconds * 1e9); }

/// Of the spans of one trace.
class TraceMaker {
 public:
  void Add(const SpanSpec& spec) {
    model::Span span;
    span.trace_id = TraceId::FromHex(spec.trace).value();
    span.span_id = IdOf(trace_.spans.size());
    if (!trace_.spans.empty()) span.parent_span_id = IdOf(0);
    span.start = Nanoseconds(spec.start);
    span.end = span.start + Nanoseconds(spec.duration);
    span.name = spec.name;
    span.status = spec.status;
    span.trace_state = spec.trace_state;
    span.attributes = spec.attributes;
    span.events = spec.events;
    span.resource = ResourceOf(spec.service);
    trace_.spans.push_back(std::move(span));
  }

  evaluate::testing::ExampleTrace Take() {
    trace_.scopes.emplace_back();
    return evaluate::testing::ExampleTrace(std::move(trace_));
  }

 private:
  static SpanId IdOf(std::size_t number) {
    SpanId id;
    id.bytes[6] = static_cast<std::uint8_t>((number + 1) >> 8);
    id.bytes[7] = static_cast<std::uint8_t>(number + 1);
    return id;
  }
  std::uint32_t ResourceOf(std::string_view service) {
    const auto next = static_cast<std::uint32_t>(trace_.resources.size());
    const auto [known, is_new] = resources_.try_emplace(std::string(service), next);
    if (is_new) {
      trace_.resources.emplace_back().attributes = {{"service.name", {std::string(service)}}};
    }
    return known->second;
  }

  model::TraceData trace_;
  std::map<std::string, std::uint32_t> resources_;
};

}  // namespace

Traces MakeTraces(const std::vector<SpanSpec>& spans) {
  Traces traces;
  for (std::size_t i = 0; i < spans.size();) {
    TraceMaker maker;
    const std::string_view trace = spans[i].trace;
    for (; i < spans.size() && spans[i].trace == trace; ++i) maker.Add(spans[i]);
    traces.push_back(maker.Take());
  }
  return traces;
}

Traces Catalogue() {
  using model::Value;
  model::Event event;
  event.time = 109 * kSecond;
  event.name = "retry";
  return MakeTraces({
      {.trace = "a1",
       .start = 101,
       .duration = 2,
       .name = "get",
       .attributes = {{"n", Value{std::int64_t{4}}},
                      {"word", Value{std::string("x")}},
                      {"flag", Value{true}},
                      {"real", Value{1.5}}}},
      {.trace = "a1",
       .start = 105,
       .duration = 1,
       .name = "pay",
       .service = "bank",
       .status = model::StatusCode::kError,
       .attributes = {{"n", Value{std::int64_t{2}}}, {"word", Value{std::string("y")}}}},
      {.trace = "a2",
       .start = 108,
       .duration = 1.5,
       .name = "get",
       .attributes = {{"n", Value{std::string("many")}}, {"SampleRate", Value{std::int64_t{3}}}},
       .events = {event}},
      {.trace = "a3",
       .start = 120,
       .duration = 0.5,
       .name = "get",
       .attributes = {{"n", Value{std::int64_t{8}}}, {"real", Value{2.0}}}},
      {.trace = "a4", .start = 100, .duration = 9, .name = "early"},
      {.trace = "a5", .start = 131, .duration = 9, .name = "late"},
  });
}

TimeRange Range(std::int64_t start, std::int64_t end, std::int64_t step) {
  return {.start = start * kSecond, .end = end * kSecond, .step = Nanos(step * kSecond)};
}

Result<MetricsProgram> Prepare(std::string_view query) {
  ASSIGN_OR_RETURN(const Query parsed, evaluate::testing::ParseAndCheck(query));
  return MetricsProgram::Prepare(parsed);
}

Result<Answer> Ask(std::string_view query, const Traces& traces, const TimeRange& range,
                   const CollectorLimits& limits, std::size_t series_max) {
  ASSIGN_OR_RETURN(const MetricsProgram program, Prepare(query));
  Collector collector(program, range, limits);
  const model::StopCheck never;
  for (const auto& trace : traces) TRY(collector.AddTrace(trace.columns(), never));
  return collector.Finish(series_max);
}

std::string Describe(const Answer& answer) {
  std::string text;
  for (const Series& series : answer.series) {
    if (!text.empty()) text += '\n';
    text += LabelText(series.labels);
    for (const Sample& sample : series.samples) {
      text +=
          fmt::format(" {:g}:{:g}", static_cast<double>(sample.timestamp_ms) / 1000, sample.value);
    }
  }
  return text;
}

std::string Describe(const Result<Answer>& answer) {
  return answer ? Describe(*answer) : answer.error().message;
}

}  // namespace clew::traceql::metrics::testing
