#include "api/tempo/search_params.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "api/naming_param.h"
#include "api/tempo/logfmt.h"
#include "api/tempo/params.h"
#include "api/tempo/trace_params.h"
#include "base/duration.h"
#include "base/excerpt.h"
#include "model/enum_words.h"
#include "traceql/number.h"
#include "traceql/static.h"
#include "wire/otlp/json_text.h"

namespace clew::api::tempo {
namespace {

constexpr std::size_t kSpansPerSetMax = 100;

Result<std::size_t> Positive(const net::HttpRequest& request, std::string_view name,
                             std::size_t otherwise) {
  const auto number = WholeNumber(request, name);
  if (number && number->value_or(1) > 0) return number->value_or(otherwise);
  return base::InvalidArgument("invalid {}: must be a positive number, not \"{}\"", name,
                               base::Excerpt(Param(request, name)));
}

Result<std::optional<Nanos>> Duration(const net::HttpRequest& request, std::string_view name) {
  const std::string_view text = Param(request, name);
  if (text.empty()) return std::nullopt;
  const auto duration = base::ParseDuration(text);
  if (!duration.has_value()) {
    return base::InvalidArgument("invalid {}: {}", name, duration.error().message);
  }
  if (*duration >= Nanos(0)) return *duration;
  return base::InvalidArgument("invalid {}: \"{}\" is below zero", name, base::Excerpt(text));
}

Status ReadRange(const net::HttpRequest& request, UnixNanos now, SearchParams* params) {
  ASSIGN_OR_RETURN(const std::optional<Nanos> since, Since(request));
  if (since) {
    params->start_min = now - since->count();
    params->start_max = now;
    return {};
  }
  TRY(CheckTimes(request));
  ASSIGN_OR_RETURN(const auto start, UnixSeconds(request, "start"));
  ASSIGN_OR_RETURN(const auto end, UnixSeconds(request, "end"));
  if (start.has_value() != end.has_value()) {
    return base::InvalidArgument(
        "only one of start and end provided: must provide both or neither");
  }
  if (start) params->start_min = NanosOfSeconds(*start);
  if (end) params->start_max = NanosOfSeconds(*end);
  return {};
}

// These have been found by a part of them since Tempo's first search.
bool IsFoundByPart(std::string_view key) {
  static constexpr std::array<std::string_view, 6> kKeys = {
      "name", "root.name", "root.service.name", "service.name", "http.url", "http.method"};
  return std::ranges::find(kKeys, key) != kKeys.end();
}

std::string Escaped(std::string_view text) {
  constexpr std::string_view kSpecial = R"(\.+*?()|[]{}^$)";
  std::string pattern;
  for (const char c : text) {
    if (kSpecial.contains(c)) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

// Of what TraceQL has a name for.
std::string_view IntrinsicOf(std::string_view key) {
  if (key == "name") return "name";
  if (key == "root.name") return "rootName";
  if (key == "root.service.name") return "rootServiceName";
  return {};
}

constexpr std::string_view kStatusKey = "status.code";

// Tempo's first search took them as parameters of their own, where nothing newer is asked.
Result<SearchParams::Tags> TagsOf(const net::HttpRequest& request) {
  const std::string_view tags = Param(request, "tags");
  for (const std::string_view newer : {"q", "tags", "start", "end"}) {
    if (!Param(request, newer).empty()) return ParseLogfmt(tags);
  }
  static constexpr std::array<std::string_view, 12> kKnown = {
      "q",          "tags",   "minDuration", "maxDuration", "limit",
      "start",      "end",    "since",       "spss",        "skip_ast_transformations",
      kNamingParam, "explain"};
  SearchParams::Tags found;
  for (const auto& [name, value] : request.query) {
    if (name.empty() || std::ranges::find(kKnown, name) != kKnown.end()) continue;
    if (std::ranges::find(found, name, &SearchParams::Tags::value_type::first) != found.end()) {
      return base::InvalidArgument("invalid tags: tag {} has been set twice", base::Excerpt(name));
    }
    found.emplace_back(name, value);
  }
  return found;
}

Status CheckTags(const SearchParams& params) {
  for (const auto& [key, value] : params.tags) {
    if (key == "error" && value != "true" && value != "false") {
      return base::InvalidArgument("invalid tags: error is true or false, not \"{}\"",
                                   base::Excerpt(value));
    }
    if (key != kStatusKey ||
        std::ranges::find(model::kStatusWords, value) != model::kStatusWords.end()) {
      continue;
    }
    return base::InvalidArgument("invalid tags: {} is one of unset, ok and error, not \"{}\"", key,
                                 base::Excerpt(value));
  }
  return {};
}

std::string ConditionOf(const std::string& key, const std::string& value) {
  if (key == kStatusKey) return "status = " + value;
  if (key == "error") return value == "true" ? "status = error" : "status != error";
  const std::string_view intrinsic = IntrinsicOf(key);
  const std::string name = intrinsic.empty() ? "." + traceql::Quote(key) : std::string(intrinsic);
  if (IsFoundByPart(key)) {
    return name + " =~ " + traceql::Quote("(?s).*" + Escaped(value) + ".*");
  }
  std::string condition = name + " = " + traceql::Quote(value);
  // Of numbers those that TraceQL can write.
  const std::string_view digits = std::string_view(value).substr(value.starts_with('-') ? 1 : 0);
  const bool is_number =
      wire::otlp::IsJsonNumber(value) && traceql::ParseNumber(digits).has_value();
  const bool is_plain = is_number || value == "true" || value == "false";
  if (is_plain) condition = fmt::format("({} || {} = {})", condition, name, value);
  return condition;
}

}  // namespace

Result<SearchParams> ParseSearchParams(const net::HttpRequest& request, std::size_t limit_max,
                                       UnixNanos now) {
  SearchParams params;
  const std::string_view query = Param(request, "q");
  const std::string_view tags = Param(request, "tags");
  if (!query.empty() && !tags.empty()) {
    return base::InvalidArgument("invalid request: can't specify tags and q in the same query");
  }
  if (!query.empty()) params.query = query;
  ASSIGN_OR_RETURN(params.tags, TagsOf(request));
  TRY(CheckTags(params));
  ASSIGN_OR_RETURN(params.duration_min, Duration(request, "minDuration"));
  ASSIGN_OR_RETURN(params.duration_max, Duration(request, "maxDuration"));
  if (params.duration_min && params.duration_max && *params.duration_max < *params.duration_min) {
    return base::InvalidArgument("invalid maxDuration: must be greater than minDuration");
  }
  ASSIGN_OR_RETURN(params.limit, Positive(request, "limit", std::min(params.limit, limit_max)));
  if (params.limit > limit_max) {
    return base::InvalidArgument("limit {} exceeds max limit {}", params.limit, limit_max);
  }
  ASSIGN_OR_RETURN(params.spans_per_set, Positive(request, "spss", params.spans_per_set));
  if (params.spans_per_set > kSpansPerSetMax) {
    return base::InvalidArgument("invalid spss: {} exceeds the maximum of {}", params.spans_per_set,
                                 kSpansPerSetMax);
  }
  TRY(ReadRange(request, now, &params));
  return params;
}

std::string QueryOf(const SearchParams& params) {
  std::string conditions;
  const auto add = [&conditions](const std::string& condition) {
    if (!conditions.empty()) conditions += " && ";
    conditions += condition;
  };
  for (const auto& [key, value] : params.tags) add(ConditionOf(key, value));
  if (params.duration_min) {
    add("traceDuration >= " + base::FormatDuration(*params.duration_min));
  }
  if (params.duration_max) {
    add("traceDuration <= " + base::FormatDuration(*params.duration_max));
  }
  return "{ " + conditions + " }";
}

}  // namespace clew::api::tempo
