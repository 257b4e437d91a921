#include <chrono>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "api/jaeger/param_values.h"
#include "api/jaeger/params.h"
#include "api/jaeger/search_params.h"
#include "base/excerpt.h"
#include "query/search_terms.h"

namespace clew::api::jaeger {
namespace {

using net::HttpRequest;
using query::SearchRequest;
using query::SearchTerms;

constexpr Nanos kDefaultLookback = std::chrono::hours(48);
constexpr std::int64_t kMicrosecondsMax = std::numeric_limits<std::int64_t>::max() / 1000;

std::unexpected<Error> Unparsable(std::string_view name, const Error& error) {
  return base::InvalidArgument("unable to parse param '{}': {}", name, error.message);
}

/// Microseconds since 1970, as nanoseconds; nothing when absent.
Result<std::optional<UnixNanos>> ParseMicroseconds(const HttpRequest& request,
                                                   std::string_view name) {
  const std::string_view text = Param(request, name);
  if (text.empty()) {
    return std::nullopt;
  }
  const auto number = ParseInteger(text, -kMicrosecondsMax, kMicrosecondsMax);
  if (!number) {
    return Unparsable(name, number.error());
  }
  return *number * 1000;
}

/// The other generation finds nothing instead.
Status CheckDurations(const SearchTerms& terms) {
  if (terms.duration_min.count() != 0 && terms.duration_max.count() != 0 &&
      terms.duration_max < terms.duration_min) {
    return base::InvalidArgument("'maxDuration' should be greater than 'minDuration'");
  }
  return {};
}

Result<std::vector<query::Tag>> ParseClassicTags(const HttpRequest& request) {
  std::map<std::string, std::string> tags;
  for (const auto& [name, value] : request.query) {
    if (name != "tag") {
      continue;
    }
    const std::size_t colon = value.find(':');
    if (colon == std::string::npos) {
      return base::InvalidArgument("malformed 'tag' parameter, expecting key:value, received: {}",
                                   base::Excerpt(value));
    }
    tags[value.substr(0, colon)] = value.substr(colon + 1);
  }
  for (const auto& [name, value] : request.query) {
    if (name != "tags") {
      continue;
    }
    auto parsed = ParseTextMap(value);
    if (!parsed) {
      return base::InvalidArgument("malformed 'tags' parameter, cannot unmarshal JSON: {}",
                                   parsed.error().message);
    }
    for (auto& [key, text] : *parsed) {
      tags[key] = std::move(text);
    }
  }
  std::vector<query::Tag> list;
  for (auto& [key, value] : tags) {
    list.push_back({key, std::move(value)});
  }
  return list;
}

Result<std::vector<TraceId>> ParseTraceIds(const HttpRequest& request,
                                           const SearchDefaults& defaults) {
  std::vector<TraceId> ids;
  for (const auto& [name, value] : request.query) {
    if (name != "traceID") {
      continue;
    }
    const auto id = ParseTraceIdHex(value);
    if (!id) {
      return Unparsable(name, id.error());
    }
    ids.push_back(*id);
  }
  if (ids.size() > defaults.limit_max) {
    return base::InvalidArgument(
        "{} trace ids are more than one answer may hold, ask for at most "
        "{} or raise max_limit of the clew_query extension",
        ids.size(), defaults.limit_max);
  }
  return ids;
}

Status ParseClassicPredicates(const HttpRequest& request, const SearchDefaults& defaults,
                              SearchTerms* terms, SearchRequest* search) {
  const auto limit = ParseLimit(Param(request, "limit"), defaults);
  if (!limit) {
    return Unparsable("limit", limit.error());
  }
  search->limit = *limit;
  for (const auto& [name, target] : {std::pair("minDuration", &terms->duration_min),
                                     std::pair("maxDuration", &terms->duration_max)}) {
    const auto duration = ParseDurationParam(Param(request, name));
    if (!duration) {
      return Unparsable(name, duration.error());
    }
    *target = *duration;
  }
  TRY(CheckDurations(*terms));
  terms->duration_max = IncludingMicrosecond(terms->duration_max);
  ASSIGN_OR_RETURN(terms->tags, ParseClassicTags(request));
  return {};
}

}  // namespace

Result<bool> ClassicBoolParam(const HttpRequest& request, std::string_view name) {
  auto parsed = ParseFlag(Param(request, name));
  if (!parsed) {
    return Unparsable(name, parsed.error());
  }
  return parsed;
}

Status CheckClassicTimeHints(const HttpRequest& request) {
  TRY(ParseMicroseconds(request, "start"));
  TRY(ParseMicroseconds(request, "end"));
  return {};
}

Result<TraceQuery> ParseClassicSearch(const HttpRequest& request, const SearchDefaults& defaults) {
  TraceQuery result;
  ASSIGN_OR_RETURN(result.trace_ids, ParseTraceIds(request, defaults));
  ASSIGN_OR_RETURN(const auto start, ParseMicroseconds(request, "start"));
  ASSIGN_OR_RETURN(const auto end, ParseMicroseconds(request, "end"));
  ASSIGN_OR_RETURN(result.is_raw, ClassicBoolParam(request, "raw"));
  if (!result.trace_ids.empty()) {
    return result;
  }
  const std::string_view service = Param(request, "service");
  if (service.empty()) {
    return base::InvalidArgument("parameter 'service' is required");
  }
  SearchTerms terms{.service = std::string(service),
                    .operation = std::string(Param(request, "operation"))};
  result.search.start_min = start.value_or(defaults.now - kDefaultLookback.count());
  result.search.start_max = end ? IncludingMicrosecond(*end) : defaults.now;
  TRY(ParseClassicPredicates(request, defaults, &terms, &result.search));
  result.search.condition = ConditionOf(terms);
  return result;
}

}  // namespace clew::api::jaeger
