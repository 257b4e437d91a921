#include "api/jaeger/param_values.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "api/jaeger/params.h"
#include "base/duration.h"
#include "base/excerpt.h"

namespace clew::api::jaeger {
namespace {

constexpr std::size_t kDefaultLimit = 100;
constexpr std::int64_t kInt32Max = std::numeric_limits<std::int32_t>::max();

}  // namespace

std::string_view Param(const net::HttpRequest& request, std::string_view name) {
  return request.Param(name).value_or(std::string_view());
}

std::int64_t IncludingMicrosecond(std::int64_t bound) {
  constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();
  if (bound % 1000 != 0) return bound;
  return bound > kHighest - 999 ? kHighest : bound + 999;
}

Nanos IncludingMicrosecond(Nanos bound) {
  return bound == Nanos(0) ? bound : Nanos(IncludingMicrosecond(bound.count()));
}

Result<Nanos> ParseDurationParam(std::string_view text) {
  if (text.empty()) {
    return Nanos(0);
  }
  ASSIGN_OR_RETURN(const Nanos duration, base::ParseDuration(text));
  if (duration.count() < 0) {
    return base::InvalidArgument("duration \"{}\" is negative", base::Excerpt(text));
  }
  return duration;
}

Result<std::size_t> ParseLimit(std::string_view text, const SearchDefaults& defaults) {
  if (text.empty()) {
    return std::min(kDefaultLimit, defaults.limit_max);
  }
  ASSIGN_OR_RETURN(const std::int64_t limit, ParseInteger(text, 1, kInt32Max));
  if (std::cmp_greater(limit, defaults.limit_max)) {
    return base::InvalidArgument(
        "{} traces are more than one answer may hold, ask for at most {} or raise max_limit of the "
        "clew_query extension",
        limit, defaults.limit_max);
  }
  return static_cast<std::size_t>(limit);
}

Result<bool> ParseFlag(std::string_view text) { return text.empty() ? false : ParseBool(text); }

}  // namespace clew::api::jaeger
