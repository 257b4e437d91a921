#include "traceql/metrics/testing/random_spans.h"

#include <fmt/format.h>

#include <array>
#include <random>
#include <string_view>

namespace clew::traceql::metrics::testing {

RandomSpans::RandomSpans(std::uint64_t seed, std::size_t trace_count) {
  std::mt19937_64 random(seed);
  const auto below = [&random](std::uint64_t count) { return random() % count; };
  constexpr std::array<std::string_view, 3> kNames = {"get", "pay", "add"};
  constexpr std::array<std::string_view, 2> kServices = {"front", "bank"};
  constexpr std::array<std::string_view, 4> kStates = {"", "ot=th:8", "ot=th:55555555555555",
                                                       "x=y"};
  std::lognormal_distribution<double> duration(-3, 2);
  std::normal_distribution<double> real(0, 1e6);
  trace_ids_.reserve(trace_count);
  for (std::size_t i = 0; i < trace_count; ++i) {
    trace_ids_.push_back(fmt::format("{:x}", random() | 1));
    for (std::uint64_t spans = 1 + below(6); spans > 0; --spans) {
      SpanSpec spec{.trace = trace_ids_.back()};
      // Many on the edges of buckets.
      spec.start = 95 + static_cast<double>(below(1'100)) / 10;
      spec.duration = duration(random);
      spec.name = kNames[below(kNames.size())];
      spec.service = kServices[below(kServices.size())];
      spec.status = static_cast<model::StatusCode>(below(3));
      spec.trace_state = kStates[below(kStates.size())];
      if (below(4) != 0) spec.attributes.push_back({"n", {static_cast<std::int64_t>(below(5))}});
      if (below(3) != 0) spec.attributes.push_back({"real", {real(random)}});
      if (below(2) != 0) spec.attributes.push_back({"word", {std::string(kNames[below(3)])}});
      if (below(5) == 0)
        spec.attributes.push_back({"SampleRate", {1.5 + static_cast<double>(below(100)) / 7}});
      specs_.push_back(std::move(spec));
    }
  }
}

}  // namespace clew::traceql::metrics::testing
