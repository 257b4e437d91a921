#include "api/jaeger/search_params.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "api/jaeger/filter_json.h"
#include "api/jaeger/params.h"
#include "base/duration.h"
#include "base/excerpt.h"
#include "query/search_terms.h"

namespace clew::api::jaeger {
namespace {

using net::HttpRequest;
using query::SearchRequest;
using query::SearchTerms;

constexpr std::size_t kDefaultLimit = 100;
constexpr Nanos kDefaultLookback = std::chrono::hours(48);
constexpr std::int64_t kMicrosecondsMax = std::numeric_limits<std::int64_t>::max() / 1000;
constexpr std::int64_t kInt32Max = std::numeric_limits<std::int32_t>::max();

std::string_view Param(const HttpRequest& request, std::string_view name) {
  return request.Param(name).value_or(std::string_view());
}

std::unexpected<Error> Unparsable(std::string_view name, const Error& error) {
  return base::InvalidArgument("unable to parse param '{}': {}", name, error.message);
}

std::unexpected<Error> Malformed(std::string_view name, const Error& error) {
  return base::InvalidArgument("malformed parameter {}: {}", name, error.message);
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

/// The upper bound that `bound` stands for: all of its microsecond when it is a whole number of
/// them, since the classic API shows times and durations with what is below cut off, and what is
/// shown must find its span.
std::int64_t IncludingMicrosecond(std::int64_t bound) {
  constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();
  if (bound % 1000 != 0) return bound;
  return bound > kHighest - 999 ? kHighest : bound + 999;
}

/// The same of a duration; zero is no bound and stays so.
Nanos IncludingMicrosecond(Nanos bound) {
  return bound == Nanos(0) ? bound : Nanos(IncludingMicrosecond(bound.count()));
}

/// Zero when `text` is empty.
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

/// Of the classic API only: the other one finds nothing.
Status CheckDurations(const SearchTerms& terms) {
  if (terms.duration_min.count() != 0 && terms.duration_max.count() != 0 &&
      terms.duration_max < terms.duration_min) {
    return base::InvalidArgument("'maxDuration' should be greater than 'minDuration'");
  }
  return {};
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

Result<bool> ParseFlag(std::string_view text) { return text.empty() ? false : ParseBool(text); }

std::string SnakeCase(std::string_view name) {
  std::string snake;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') {
      snake += '_';
      snake += static_cast<char>(c - 'A' + 'a');
    } else {
      snake += c;
    }
  }
  return snake;
}

Result<UnixNanos> V3Time(const HttpRequest& request, std::string_view name) {
  auto time = ParseRfc3339(V3Param(request, name));
  if (!time) {
    return Malformed(name, time.error());
  }
  return time;
}

Status ParseV3Times(const HttpRequest& request, SearchRequest* search) {
  constexpr std::string_view kMin = "query.startTimeMin";
  constexpr std::string_view kMax = "query.startTimeMax";
  if (V3Param(request, kMin).empty() || V3Param(request, kMax).empty()) {
    return base::InvalidArgument("{} and {} are required", kMin, kMax);
  }
  ASSIGN_OR_RETURN(search->start_min, V3Time(request, kMin));
  ASSIGN_OR_RETURN(search->start_max, V3Time(request, kMax));
  if (*search->start_min >= *search->start_max) {
    return base::InvalidArgument("{} must be before {}", kMin, kMax);
  }
  search->start_max = IncludingMicrosecond(*search->start_max);
  return {};
}

Status ParseV3Predicates(const HttpRequest& request, const SearchDefaults& defaults,
                         SearchTerms* terms, SearchRequest* search) {
  std::string_view depth = V3Param(request, "query.searchDepth");
  if (depth.empty()) {
    depth = V3Param(request, "query.numTraces");
  }
  const auto limit = ParseLimit(depth, defaults);
  if (!limit) {
    return Malformed("query.searchDepth", limit.error());
  }
  search->limit = *limit;
  for (const auto& [name, target] : {std::pair("query.durationMin", &terms->duration_min),
                                     std::pair("query.durationMax", &terms->duration_max)}) {
    const auto duration = ParseDurationParam(V3Param(request, name));
    if (!duration) {
      return Malformed(name, duration.error());
    }
    *target = *duration;
  }
  if (terms->duration_max >= terms->duration_min) {
    terms->duration_max = IncludingMicrosecond(terms->duration_max);
  }
  if (const auto text = V3Param(request, "query.attributes"); !text.empty()) {
    auto attributes = ParseTextMap(text);
    if (!attributes) {
      return Malformed("query.attributes", attributes.error());
    }
    for (auto& [key, value] : *attributes) {
      terms->tags.push_back({key, std::move(value)});
    }
  }
  return {};
}

/// Nothing when there is none.
Result<std::optional<expr::Expression>> ParseV3Filter(const HttpRequest& request) {
  const std::string_view text = Param(request, "query.filter");
  if (text.empty()) {
    return std::nullopt;
  }
  auto filter = ParseFilter(text);
  if (!filter) {
    return Malformed("query.filter", filter.error());
  }
  for (const std::string_view name :
       {"query.serviceName", "query.operationName", "query.durationMin", "query.durationMax",
        "query.attributes"}) {
    if (!V3Param(request, name).empty()) {
      return base::InvalidArgument(
          "query.filter and {} exclude each other: say it in the filter, which knows services, "
          "names, durations and attributes",
          name);
    }
  }
  return std::move(*filter);
}

}  // namespace

std::string_view V3Param(const HttpRequest& request, std::string_view name) {
  const std::string_view value = Param(request, name);
  return value.empty() ? Param(request, SnakeCase(name)) : value;
}

Result<bool> ClassicBoolParam(const HttpRequest& request, std::string_view name) {
  auto parsed = ParseFlag(Param(request, name));
  if (!parsed) {
    return Unparsable(name, parsed.error());
  }
  return parsed;
}

Result<bool> V3BoolParam(const HttpRequest& request, std::string_view name) {
  auto parsed = ParseFlag(V3Param(request, name));
  if (!parsed) {
    return Malformed(name, parsed.error());
  }
  return parsed;
}

Status CheckClassicTimeHints(const HttpRequest& request) {
  TRY(ParseMicroseconds(request, "start"));
  TRY(ParseMicroseconds(request, "end"));
  return {};
}

Status CheckV3TimeHints(const HttpRequest& request) {
  for (const std::string_view name : {"startTime", "endTime"}) {
    if (!V3Param(request, name).empty()) {
      TRY(V3Time(request, name));
    }
  }
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

Result<TraceQuery> ParseV3Search(const HttpRequest& request, const SearchDefaults& defaults) {
  TraceQuery result;
  ASSIGN_OR_RETURN(std::optional<expr::Expression> filter, ParseV3Filter(request));
  TRY(ParseV3Times(request, &result.search));
  SearchTerms terms{.operation = std::string(V3Param(request, "query.operationName"))};
  if (const std::string_view service = V3Param(request, "query.serviceName"); !service.empty()) {
    terms.service = service;
  }
  TRY(ParseV3Predicates(request, defaults, &terms, &result.search));
  result.search.condition = filter ? *std::move(filter) : ConditionOf(terms);
  ASSIGN_OR_RETURN(result.is_raw, V3BoolParam(request, "query.rawTraces"));
  return result;
}

}  // namespace clew::api::jaeger
