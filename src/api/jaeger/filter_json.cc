#include "api/jaeger/filter_json.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

#include "api/jaeger/filter_terms.h"
#include "api/json_places.h"
#include "base/excerpt.h"
#include "expr/check.h"

namespace clew::api::jaeger {
namespace {

using expr::Expression;

constexpr int kDepthMax = 20;
constexpr std::string_view kSome = "some";

constexpr std::pair<std::string_view, FilterOp> kComparisons[] = {
    {"exists", FilterOp::kExists}, {"eq", FilterOp::kEq}, {"ne", FilterOp::kNe},
    {"gt", FilterOp::kGt},         {"lt", FilterOp::kLt}, {"gte", FilterOp::kGte},
    {"lte", FilterOp::kLte},       {"in", FilterOp::kIn}, {"not_in", FilterOp::kNotIn},
    {"regex", FilterOp::kRegex}};

/// A call: where it stands, and what stands around it.
struct Place {
  /// Of the objects of the filter.
  const std::vector<expr::TextRange>& objects;
  /// Which of them it is.
  std::size_t object = 0;
  int depth = 1;
  bool is_inside_some = false;

  expr::TextRange range() const { return objects[object]; }

  /// The same with where it is in the text, of what is wrong with this call.
  template <typename T>
  Result<T> Located(Result<T> result) const {
    if (!result.has_value()) {
      result.error().message +=
          fmt::format(" (in the call at byte {} to {})", range().begin, range().end);
    }
    return result;
  }
};

/// Of an object.
Result<Expression> ReadCall(const JsonValue& json, const Place& place);

/// The arguments of one call, read.
struct Arguments {
  std::string op_name;
  std::vector<FilterTerm> terms;
  std::vector<Expression> calls;
};

Status WantCount(const Arguments& arguments, std::size_t count) {
  const std::size_t given = arguments.terms.size() + arguments.calls.size();
  if (given == count) {
    return {};
  }
  return base::InvalidArgument("operator \"{}\" takes {} argument(s), got {}", arguments.op_name,
                               count, given);
}

Status WantCallsOnly(const Arguments& arguments) {
  if (arguments.terms.empty()) {
    return {};
  }
  return base::InvalidArgument("operator \"{}\" takes predicates as arguments, got {}",
                               arguments.op_name, NameOf(arguments.terms[0]));
}

Status WantTermsOnly(const Arguments& arguments) {
  if (arguments.calls.empty()) {
    return {};
  }
  return base::InvalidArgument("operator \"{}\" compares a reference, got a predicate",
                               arguments.op_name);
}

Result<Expression> MakeSome(Arguments arguments, const Place& place) {
  TRY(WantCount(arguments, 2));
  if (arguments.terms.size() != 1 || arguments.terms[0].kind != FilterTerm::Kind::kNested) {
    return base::InvalidArgument(
        "operator \"some\" takes {{\"nested\":{{\"level\":\"event\"}}}} or \"link\" and a "
        "predicate");
  }
  if (place.is_inside_some) {
    return base::InvalidArgument("operator \"some\" inside of another one is not served");
  }
  return expr::Some(arguments.terms[0].owner, std::move(arguments.calls[0]));
}

Result<Expression> MakeGroup(Arguments arguments) {
  TRY(WantCallsOnly(arguments));
  if (arguments.calls.size() < 2) {
    return base::InvalidArgument("operator \"{}\" takes at least two arguments, got {}",
                                 arguments.op_name, arguments.calls.size());
  }
  return arguments.op_name == "and" ? expr::And(std::move(arguments.calls))
                                    : expr::Or(std::move(arguments.calls));
}

Result<Expression> MakeNot(Arguments arguments) {
  TRY(WantCount(arguments, 1));
  TRY(WantCallsOnly(arguments));
  return expr::Not(std::move(arguments.calls[0]));
}

Result<Expression> MakeCall(Arguments arguments, const Place& place) {
  if (arguments.op_name == "and" || arguments.op_name == "or") {
    return MakeGroup(std::move(arguments));
  }
  if (arguments.op_name == "not") {
    return MakeNot(std::move(arguments));
  }
  if (arguments.op_name == kSome) {
    return MakeSome(std::move(arguments), place);
  }
  const auto* comparison = std::ranges::find(kComparisons, arguments.op_name,
                                             &std::pair<std::string_view, FilterOp>::first);
  if (comparison == std::end(kComparisons)) {
    return base::InvalidArgument("unknown filter operator \"{}\", use and, or, not, some, {}",
                                 base::Excerpt(arguments.op_name),
                                 fmt::join(kComparisons | std::views::keys, ", "));
  }
  TRY(WantCount(arguments, comparison->second == FilterOp::kExists ? 1 : 2));
  TRY(WantTermsOnly(arguments));
  return MakeComparison(comparison->second, arguments.op_name, std::move(arguments.terms));
}

Result<Expression> NotAnObject() {
  return base::InvalidArgument("a call is not an object: write {{\"op\", \"args\"}}");
}

/// The arguments of a call with the name of its operator.
Result<Arguments> ReadArguments(const JsonValue& json, const Place& place) {
  TRY(place.Located(WantMembers(json, "a call", {"op", "args"})));
  Arguments arguments;
  ASSIGN_OR_RETURN(arguments.op_name, place.Located(TextMember(json, "op")));
  const auto member = MemberOf(json, "args");
  if (!member) return arguments;
  simdjson::dom::array args;
  if (member->get(args) != simdjson::SUCCESS) {
    return place.Located(Result<Arguments>(base::InvalidArgument(
        "\"args\" of operator \"{}\" is not a list", base::Excerpt(arguments.op_name))));
  }
  std::size_t object = place.object + ObjectCountBefore(json, "args");
  for (const JsonValue argument : args) {
    if (const auto call_json = OnlyMember(argument, "call")) {
      const Place below = {place.objects, object + 1, place.depth + 1,
                           place.is_inside_some || arguments.op_name == kSome};
      ASSIGN_OR_RETURN(Expression call, call_json->is_object() ? ReadCall(*call_json, below)
                                                               : place.Located(NotAnObject()));
      arguments.calls.push_back(std::move(call));
    } else {
      ASSIGN_OR_RETURN(FilterTerm term, place.Located(ReadTerm(argument)));
      arguments.terms.push_back(std::move(term));
    }
    object += ObjectCountOf(argument);
  }
  return arguments;
}

Result<Expression> ReadCall(const JsonValue& json, const Place& place) {
  if (place.depth > kDepthMax) {
    return place.Located(Result<Expression>(base::InvalidArgument(
        "calls nest more than {} deep: join those that are beside each other with one \"and\" or "
        "\"or\"",
        kDepthMax)));
  }
  ASSIGN_OR_RETURN(Arguments arguments, ReadArguments(json, place));
  ASSIGN_OR_RETURN(Expression call, place.Located(MakeCall(std::move(arguments), place)));
  return expr::At(place.range(), std::move(call));
}

}  // namespace

Result<Expression> ParseFilter(std::string_view json) {
  ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(json));
  if (!document.root().is_object()) return NotAnObject();
  const std::vector<expr::TextRange> objects = ObjectPlaces(json);
  ASSIGN_OR_RETURN(Expression filter, ReadCall(document.root(), {.objects = objects}));
  TRY(expr::Check(filter));
  return filter;
}

}  // namespace clew::api::jaeger
