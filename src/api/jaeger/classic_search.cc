#include <chrono>
#include <string>
#include <utility>

#include "api/jaeger/classic_params.h"
#include "api/jaeger/param_values.h"
#include "api/jaeger/search_params.h"
#include "api/naming_param.h"
#include "query/search_terms.h"

namespace clew::api::jaeger {
namespace {

using net::HttpRequest;
using query::SearchRequest;
using query::SearchTerms;

constexpr Nanos kDefaultLookback = std::chrono::hours(48);
/// The other generation finds nothing instead.
Status CheckDurations(const SearchTerms& terms) {
  if (terms.duration_min.count() != 0 && terms.duration_max.count() != 0 &&
      terms.duration_max < terms.duration_min) {
    return base::InvalidArgument("'maxDuration' should be greater than 'minDuration'");
  }
  return {};
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

Result<TraceQuery> ParseClassicSearch(const HttpRequest& request, const SearchDefaults& defaults) {
  TraceQuery result;
  ASSIGN_OR_RETURN(result.trace_ids, ParseTraceIds(request, defaults));
  ASSIGN_OR_RETURN(const auto start, ParseMicroseconds(request, "start"));
  ASSIGN_OR_RETURN(const auto end, ParseMicroseconds(request, "end"));
  ASSIGN_OR_RETURN(result.is_raw, ClassicBoolParam(request, "raw"));
  if (!result.trace_ids.empty()) return result;
  const std::string_view service = Param(request, "service");
  if (service.empty()) {
    return base::InvalidArgument("parameter 'service' is required");
  }
  SearchTerms terms{.service = std::string(service),
                    .operation = std::string(Param(request, "operation"))};
  result.search.start_min = start.value_or(defaults.now - kDefaultLookback.count());
  result.search.start_max = end ? IncludingMicrosecond(*end) : defaults.now;
  TRY(ParseClassicPredicates(request, defaults, &terms, &result.search));
  ASSIGN_OR_RETURN(result.search.condition, ByNamesOf(request, ConditionOf(terms)));
  return result;
}

}  // namespace clew::api::jaeger
