#include "api/jaeger/filter_json.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/jaeger/filter_terms.h"
#include "base/excerpt.h"

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

/// A call and what stands around it.
struct Place {
  int depth = 1;
  bool is_inside_some = false;
};

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
    return base::InvalidArgument("unknown filter operator \"{}\"",
                                 base::Excerpt(arguments.op_name));
  }
  TRY(WantCount(arguments, comparison->second == FilterOp::kExists ? 1 : 2));
  TRY(WantTermsOnly(arguments));
  return MakeComparison(comparison->second, arguments.op_name, std::move(arguments.terms));
}

Result<Expression> ReadCall(const JsonValue& json, const Place& place) {
  if (place.depth > kDepthMax) {
    return base::InvalidArgument("calls nest more than {} deep", kDepthMax);
  }
  TRY(WantMembers(json, "a call", {"op", "args"}));
  Arguments arguments;
  ASSIGN_OR_RETURN(arguments.op_name, TextMember(json, "op"));
  const Place below = {place.depth + 1, place.is_inside_some || arguments.op_name == kSome};
  simdjson::dom::array args;
  const auto member = MemberOf(json, "args");
  if (member && member->get(args) != simdjson::SUCCESS) {
    return base::InvalidArgument("\"args\" of operator \"{}\" is not a list",
                                 base::Excerpt(arguments.op_name));
  }
  if (member) {
    for (const JsonValue argument : args) {
      if (const auto call_json = OnlyMember(argument, "call")) {
        ASSIGN_OR_RETURN(Expression call, ReadCall(*call_json, below));
        arguments.calls.push_back(std::move(call));
      } else {
        ASSIGN_OR_RETURN(FilterTerm term, ReadTerm(argument));
        arguments.terms.push_back(std::move(term));
      }
    }
  }
  return MakeCall(std::move(arguments), place);
}

}  // namespace

Result<Expression> ParseFilter(std::string_view json) {
  ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(json));
  return ReadCall(document.root(), {});
}

}  // namespace clew::api::jaeger
