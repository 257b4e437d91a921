#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "traceql/evaluate/value.h"

namespace clew::traceql::metrics {

/// The attribute of a span that says one in how many was kept, as Honeycomb's libraries and proxies
/// set it.
inline constexpr std::string_view kSampleRateKey = "SampleRate";

/// How many spans one with this W3C tracestate stands for, by the rejection threshold of
/// OpenTelemetry (`ot=th:c`: 1 in 4): 1 divided by the probability with which it was sampled, not
/// less than 1. Nothing when it says nothing, or what has no meaning.
std::optional<double> WeightOfTraceState(std::string_view trace_state);

/// The same of the attribute SampleRate: a number that is 1 or more.
std::optional<double> WeightOfSampleRate(const evaluate::Value& sample_rate);

/// Of both, which say the same when both are there: the threshold, which samplers keep true, before
/// the attribute. 1 when neither says anything.
double WeightOf(std::string_view trace_state, const evaluate::Value& sample_rate);

}  // namespace clew::traceql::metrics
