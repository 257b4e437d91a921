#include "api/tempo/metrics_params.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>

#include "api/rfc3339.h"
#include "api/tempo/params.h"
#include "base/duration.h"
#include "base/excerpt.h"

namespace clew::api::tempo {
namespace {

using namespace std::chrono_literals;
using traceql::metrics::AskedRange;
using traceql::metrics::RangeLimits;

// What is newer may not be whole yet, as in Tempo.
constexpr Nanos kCutoff = 30s;
constexpr Nanos kSinceDefault = 1h;
// Whole numbers with more digits are nanoseconds.
constexpr std::size_t kSecondsDigitsMax = 10;
constexpr double kNanosOfSecond = 1e9;

bool IsWhole(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// A decimal number of seconds, in nanoseconds; nothing when it is none, or there are too many.
std::optional<std::int64_t> NanosOfDecimal(std::string_view text) {
  double seconds = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool is_number = code == std::errc() && end == text.data() + text.size();
  constexpr double kSecondsMax = 9e9;
  if (!is_number || !(std::abs(seconds) <= kSecondsMax)) return std::nullopt;
  // Apart, as a double has not the digits for both.
  const double whole = std::trunc(seconds);
  return static_cast<std::int64_t>(whole) * 1'000'000'000 +
         std::llround((seconds - whole) * kNanosOfSecond);
}

Result<std::optional<UnixNanos>> Time(const net::HttpRequest& request, std::string_view name) {
  const std::string_view text = Param(request, name);
  if (text.empty()) return std::nullopt;
  if (IsWhole(text) && text.size() > kSecondsDigitsMax) {
    std::int64_t nanos = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), nanos);
    if (code == std::errc()) return nanos;
  } else if (const auto nanos = NanosOfDecimal(text); nanos && *nanos >= 0) {
    return *nanos;
  } else if (const auto time = ParseRfc3339(text)) {
    return *time;
  }
  return base::InvalidArgument(
      "invalid {}: \"{}\" is no time: use unix seconds, nanoseconds of more than 10 digits, or "
      "RFC 3339",
      name, base::Excerpt(text));
}

Result<std::optional<Nanos>> Step(const net::HttpRequest& request) {
  const std::string_view text = Param(request, "step");
  if (text.empty()) return std::nullopt;
  if (const auto seconds = NanosOfDecimal(text)) return Nanos(*seconds);
  const auto duration = base::ParseDuration(text);
  if (duration) return *duration;
  return base::InvalidArgument("invalid step: {}", duration.error().message);
}

// 0 when it is absent.
template <typename Number>
Result<Number> Count(const net::HttpRequest& request, std::string_view name) {
  ASSIGN_OR_RETURN(const auto number, WholeNumber(request, name));
  constexpr std::uint64_t kMax = std::numeric_limits<Number>::max();
  return static_cast<Number>(std::min(number.value_or(0), kMax));
}

}  // namespace

Result<MetricsParams> ParseMetricsParams(const net::HttpRequest& request, MetricsForm form,
                                         UnixNanos now) {
  MetricsParams params;
  const std::string_view query = Param(request, "q");
  params.query = query.empty() ? Param(request, "query") : query;
  if (params.query.empty()) {
    return base::InvalidArgument("q required: a TraceQL query of metrics, as {{ }} | rate()");
  }
  ASSIGN_OR_RETURN(const std::optional<UnixNanos> start, Time(request, "start"));
  ASSIGN_OR_RETURN(const std::optional<UnixNanos> end, Time(request, "end"));
  ASSIGN_OR_RETURN(const std::optional<Nanos> since, Since(request));
  ASSIGN_OR_RETURN(const std::optional<Nanos> step, Step(request));
  AskedRange asked{.end = end.value_or(now)};
  // Not before 1970, from where on differences of times do not overflow.
  const UnixNanos earlier = std::min(asked.end, now) - since.value_or(kSinceDefault).count();
  asked.start = start ? *start : std::max<UnixNanos>(earlier, 1);
  ASSIGN_OR_RETURN(params.series_max, Count<std::size_t>(request, "maxSeries"));
  const RangeLimits limits{.latest = now - kCutoff.count()};
  if (form == MetricsForm::kInstant) {
    ASSIGN_OR_RETURN(params.range, Instant(asked, limits));
    return params;
  }
  ASSIGN_OR_RETURN(params.exemplars, Count<std::uint32_t>(request, "exemplars"));
  asked.step = step ? *step : traceql::metrics::DefaultStep(asked.start, asked.end);
  ASSIGN_OR_RETURN(params.range, Align(asked, limits));
  return params;
}

}  // namespace clew::api::tempo
