#include "api/tempo/tag_params.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <ranges>
#include <span>
#include <utility>

#include "api/naming_param.h"
#include "api/tempo/params.h"
#include "api/tempo/trace_params.h"
#include "base/excerpt.h"
#include "expr/or_arrays.h"
#include "model/enum_words.h"
#include "model/service_name.h"
#include "traceql/lenient.h"
#include "traceql/lower.h"

namespace clew::api::tempo {
namespace {

constexpr std::array<TagScopes::Scope, model::kOwnerCount> kScopes = {{
    {"resource", model::Owner::kResource},
    {"span", model::Owner::kSpan},
    {"event", model::Owner::kEvent},
    {"link", model::Owner::kLink},
    {"instrumentation", model::Owner::kScope},
}};

// Tempo has an order of its own.
std::vector<std::string_view> WordsInOrder(std::span<const std::string_view> words,
                                           std::initializer_list<std::size_t> numbers) {
  std::vector<std::string_view> in_order;
  for (const std::size_t number : numbers) in_order.push_back(words[number]);
  return in_order;
}

Error NoTagName(std::string_view text) {
  return Error{Code::kInvalidArgument, "please provide a valid tagName: \"" +
                                           std::string(base::Excerpt(text)) +
                                           "\" is no TraceQL identifier"};
}

// The rest of a scoped name, with its quoted parts (traceql.md section 1.1); nothing when it is
// none.
std::optional<std::string> AttributeKey(std::string_view text) {
  constexpr std::string_view kEnds = "{}()=~!<>&|^, \t\r\n";
  std::string key;
  bool is_quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      is_quoted = !is_quoted;
    } else if (is_quoted && text[i] == '\\') {
      if (++i == text.size() || (text[i] != '"' && text[i] != '\\')) return std::nullopt;
      key += text[i];
    } else if (!is_quoted && kEnds.contains(text[i])) {
      return std::nullopt;
    } else {
      key += text[i];
    }
  }
  if (is_quoted || key.empty()) return std::nullopt;
  return key;
}

std::optional<expr::Field> FieldOf(std::string_view intrinsic) {
  static constexpr std::pair<std::string_view, expr::Field> kFields[] = {
      {"name", expr::Field::kName},
      {"span:name", expr::Field::kName},
      {"statusMessage", expr::Field::kStatusMessage},
      {"span:statusMessage", expr::Field::kStatusMessage},
      {"event:name", expr::Field::kEventName},
      {"instrumentation:name", expr::Field::kScopeName},
      {"instrumentation:version", expr::Field::kScopeVersion},
  };
  const auto* const found =
      std::ranges::find(kFields, intrinsic, [](const auto& f) { return f.first; });
  return found == std::end(kFields) ? std::nullopt : std::optional(found->second);
}

traceql::Scope ScopeOf(model::Owner owner) {
  switch (owner) {
    case model::Owner::kResource:
      return traceql::Scope::kResource;
    case model::Owner::kScope:
      return traceql::Scope::kInstrumentation;
    case model::Owner::kEvent:
      return traceql::Scope::kEvent;
    case model::Owner::kLink:
      return traceql::Scope::kLink;
    case model::Owner::kSpan:
      break;
  }
  return traceql::Scope::kSpan;
}

bool IsOneOf(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

}  // namespace

const std::vector<std::string_view>& IntrinsicNames() {
  static const std::vector<std::string_view> names = {"duration",
                                                      "event:name",
                                                      "event:timeSinceStart",
                                                      "instrumentation:name",
                                                      "instrumentation:version",
                                                      "kind",
                                                      "link:spanID",
                                                      "link:traceID",
                                                      "name",
                                                      "rootName",
                                                      "rootServiceName",
                                                      "span:duration",
                                                      "span:id",
                                                      "span:kind",
                                                      "span:name",
                                                      "span:parentID",
                                                      "span:status",
                                                      "span:statusMessage",
                                                      "status",
                                                      "statusMessage",
                                                      "trace:duration",
                                                      "trace:id",
                                                      "trace:rootName",
                                                      "trace:rootService",
                                                      "traceDuration"};
  return names;
}

Result<TagParams> ParseTagParams(const net::HttpRequest& request) {
  TRY(CheckTimes(request));
  TagParams params;
  params.filter = traceql::ParseLenient(Param(request, "q"));
  ASSIGN_OR_RETURN(const bool finds_all_names, FindsAllNames(request));
  if (!finds_all_names) params.naming = traceql::Naming::kAsAsked;
  ASSIGN_OR_RETURN(const auto limit, WholeNumber(request, "limit"));
  params.limit = limit.value_or(0);
  TRY(WholeNumber(request, "maxStaleValues"));
  ASSIGN_OR_RETURN(const auto start, UnixSeconds(request, "start"));
  ASSIGN_OR_RETURN(const auto end, UnixSeconds(request, "end"));
  if (start) params.start_min = NanosOfSeconds(*start);
  if (end) params.start_max = NanosOfSeconds(*end);
  return params;
}

Result<expr::Expression> ConditionOf(const TagParams& params,
                                     const std::optional<traceql::Attribute>& asked) {
  ASSIGN_OR_RETURN(
      traceql::Lowered lowered,
      traceql::Lower(asked ? traceql::WithoutConditionsOn(*asked, params.filter) : params.filter,
                     params.naming));
  // What arrays hold is not known here.
  return expr::OrArrays(std::move(lowered.condition));
}

Result<TagScopes> ParseTagScopes(const net::HttpRequest& request) {
  const std::string_view scope = Param(request, "scope");
  TagScopes wanted;
  if (scope.empty() || scope == "none") {
    wanted.scopes.assign(kScopes.begin(), kScopes.end());
    wanted.has_intrinsics = true;
    return wanted;
  }
  wanted.has_intrinsics = scope == "intrinsic";
  // A trace has no attributes of its own.
  if (wanted.has_intrinsics || scope == "trace") return wanted;
  const auto found = std::ranges::find(kScopes, scope, &TagScopes::Scope::name);
  if (found == kScopes.end()) {
    return base::InvalidArgument(
        "invalid scope: {}, use {}, intrinsic, trace or none", base::Excerpt(scope),
        fmt::join(kScopes | std::views::transform(&TagScopes::Scope::name), ", "));
  }
  wanted.scopes.push_back(*found);
  return wanted;
}

Result<TagName> ParseTagName(std::string_view text) {
  TagName name;
  if (IsOneOf(text, {"status", "span:status"})) {
    name.keywords = WordsInOrder(model::kStatusWords, {1, 2, 0});
    return name;
  }
  if (IsOneOf(text, {"kind", "span:kind"})) {
    name.keywords = WordsInOrder(model::kSpanKindWords, {3, 2, 4, 5, 1, 0});
    return name;
  }
  if (const auto field = FieldOf(text)) {
    name.reference = expr::Of(*field);
    name.attribute = traceql::Attribute{.intrinsic = *traceql::FindIntrinsic(text)};
    return name;
  }
  if (IsOneOf(text, {"rootName", "rootServiceName", "trace:rootName", "trace:rootService"})) {
    const bool is_name = IsOneOf(text, {"rootName", "trace:rootName"});
    name.reference =
        is_name ? expr::Of(expr::Field::kName)
                : expr::Attribute(expr::Scope::kResource, std::string(model::kServiceNameKey));
    name.is_of_roots = true;
    return name;
  }
  // Ids, times and durations: there are as many as spans.
  if (std::ranges::find(IntrinsicNames(), text) != IntrinsicNames().end() ||
      IsOneOf(text, {"span:childCount", "nestedSetLeft", "nestedSetRight", "nestedSetParent"})) {
    return name;
  }
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::unexpected(NoTagName(text));
  const auto scope = std::ranges::find(kScopes, text.substr(0, dot), &TagScopes::Scope::name);
  const bool is_known = dot == 0 || scope != kScopes.end();
  auto key = is_known ? AttributeKey(text.substr(dot + 1)) : std::nullopt;
  if (!key) return std::unexpected(NoTagName(text));
  const traceql::Scope written = dot == 0 ? traceql::Scope::kUnscoped : ScopeOf(scope->owner);
  name.attribute = traceql::Attribute{.scope = written, .name = *key};
  name.reference = expr::Attribute(
      dot == 0 ? expr::Scope::kSpanOrResource : static_cast<expr::Scope>(scope->owner),
      *std::move(key));
  return name;
}

}  // namespace clew::api::tempo
