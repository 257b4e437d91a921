#include <string>
#include <utility>

#include "api/jaeger/filter_json.h"
#include "api/jaeger/param_values.h"
#include "api/jaeger/params.h"
#include "api/jaeger/search_params.h"
#include "api/naming_param.h"
#include "api/rfc3339.h"
#include "query/search_terms.h"

namespace clew::api::jaeger {
namespace {

using net::HttpRequest;
using query::SearchRequest;
using query::SearchTerms;

std::unexpected<Error> Malformed(std::string_view name, const Error& error) {
  return base::InvalidArgument("malformed parameter {}: {}", name, error.message);
}

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

Result<bool> V3BoolParam(const HttpRequest& request, std::string_view name) {
  auto parsed = ParseFlag(V3Param(request, name));
  if (!parsed) {
    return Malformed(name, parsed.error());
  }
  return parsed;
}

Status CheckV3TimeHints(const HttpRequest& request) {
  for (const std::string_view name : {"startTime", "endTime"}) {
    if (!V3Param(request, name).empty()) {
      TRY(V3Time(request, name));
    }
  }
  return {};
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
  ASSIGN_OR_RETURN(result.search.condition,
                   ByNamesOf(request, filter ? *std::move(filter) : ConditionOf(terms)));
  ASSIGN_OR_RETURN(result.is_raw, V3BoolParam(request, "query.rawTraces"));
  return result;
}

}  // namespace clew::api::jaeger
