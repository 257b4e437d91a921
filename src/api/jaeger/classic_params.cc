#include "api/jaeger/classic_params.h"

#include <limits>
#include <map>
#include <string>
#include <utility>

#include "api/jaeger/param_values.h"
#include "api/jaeger/params.h"
#include "base/excerpt.h"

namespace clew::api::jaeger {

using net::HttpRequest;

namespace {

constexpr std::int64_t kMicrosecondsMax = std::numeric_limits<std::int64_t>::max() / 1000;

}  // namespace

std::unexpected<Error> Unparsable(std::string_view name, const Error& error) {
  return base::InvalidArgument("unable to parse param '{}': {}", name, error.message);
}

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

}  // namespace clew::api::jaeger
