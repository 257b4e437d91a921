#include "api/jaeger/filter_terms.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <utility>

#include "api/jaeger/params.h"
#include "api/rfc3339.h"
#include "base/duration.h"
#include "base/excerpt.h"
#include "expr/check.h"
#include "model/service_name.h"
#include "model/shown_keys.h"
#include "query/shown_places.h"

namespace clew::api::jaeger {
namespace {

using expr::Field;
using expr::FieldKind;
using expr::Literal;
using expr::Scope;
using model::Owner;
using Domain = FilterTerm::Domain;
using Kind = FilterTerm::Kind;

constexpr std::pair<std::string_view, Scope> kLevels[] = {{"span", Scope::kSpan},
                                                          {"resource", Scope::kResource},
                                                          {"scope", Scope::kScope},
                                                          {"event", Scope::kEvent},
                                                          {"link", Scope::kLink}};

/// As Jaeger calls them (jaeger.md section 13).
constexpr std::pair<std::string_view, Field> kFields[] = {
    {"traceID", Field::kTraceId},
    {"spanID", Field::kSpanId},
    {"parentSpanID", Field::kParentSpanId},
    {"traceState", Field::kTraceState},
    {"name", Field::kName},
    {"kind", Field::kKind},
    {"startTime", Field::kStart},
    {"endTime", Field::kEnd},
    {"duration", Field::kDuration},
    {"status", Field::kStatus},
    {"statusMessage", Field::kStatusMessage},
    {"service", Field::kService},
    {"schemaURL", Field::kResourceSchemaUrl},
    {"name", Field::kScopeName},
    {"version", Field::kScopeVersion},
    {"schemaURL", Field::kScopeSchemaUrl},
    {"name", Field::kEventName},
    {"time", Field::kEventTime},
    {"timeSinceStart", Field::kEventTimeSinceStart},
    {"traceID", Field::kLinkTraceId},
    {"spanID", Field::kLinkSpanId},
    {"traceState", Field::kLinkTraceState},
};

Domain DomainOf(Field field) {
  switch (expr::InfoOf(field).kind) {
    case FieldKind::kWord:
      return field == Field::kKind ? Domain::kSpanKind : Domain::kSpanStatus;
    case FieldKind::kTime:
      return Domain::kTime;
    case FieldKind::kDuration:
      return Domain::kDuration;
    case FieldKind::kText:
    case FieldKind::kId:
      break;
  }
  return Domain::kText;
}

/// Words are texts, but from a closed set and without an order.
bool IsWord(Domain domain) { return domain == Domain::kSpanKind || domain == Domain::kSpanStatus; }
bool AreTexts(Domain a, Domain b) {
  const auto is_text = [](Domain domain) { return domain == Domain::kText || IsWord(domain); };
  return is_text(a) && is_text(b);
}

Result<Scope> LevelMember(const JsonValue& json) {
  ASSIGN_OR_RETURN(const std::string name, TextMember(json, "level"));
  if (name.empty()) {
    return Scope::kSpanOrResource;
  }
  for (const auto& [known, level] : kLevels) {
    if (known == name) {
      return level;
    }
  }
  return base::InvalidArgument(
      "unknown filter level \"{}\", use span, resource, scope, event or link", base::Excerpt(name));
}

Result<FilterTerm> ReadAttribute(const JsonValue& json) {
  TRY(WantMembers(json, "\"attr\"", {"key", "level"}));
  FilterTerm term{.kind = Kind::kAttribute};
  ASSIGN_OR_RETURN(term.reference.key, TextMember(json, "key"));
  ASSIGN_OR_RETURN(term.reference.scope, LevelMember(json));
  if (term.reference.key.empty()) {
    return base::InvalidArgument("an attribute reference has no key");
  }
  return term;
}

Result<FilterTerm> ReadField(const JsonValue& json) {
  TRY(WantMembers(json, "\"field\"", {"name", "level"}));
  ASSIGN_OR_RETURN(const std::string name, TextMember(json, "name"));
  ASSIGN_OR_RETURN(const Scope scope, LevelMember(json));
  if (scope == Scope::kSpanOrResource) {
    return base::InvalidArgument("field \"{}\" has no level, and a built-in field belongs to one",
                                 base::Excerpt(name));
  }
  for (const auto& [known, field] : kFields) {
    if (known == name && expr::Of(field).scope == scope) {
      return FilterTerm{
          .kind = Kind::kField, .domain = DomainOf(field), .reference = expr::Of(field)};
    }
  }
  std::vector<std::string_view> known_names;
  for (const auto& [known, field] : kFields) {
    if (expr::Of(field).scope == scope) known_names.push_back(known);
  }
  return base::InvalidArgument(
      "unknown built-in field \"{}\" at this level, use {}, or name an attribute to match a tag of "
      "that name",
      base::Excerpt(name), fmt::join(known_names, ", "));
}

Result<FilterTerm> ReadNested(const JsonValue& json) {
  TRY(WantMembers(json, "\"nested\"", {"level"}));
  FilterTerm term{.kind = Kind::kNested};
  ASSIGN_OR_RETURN(const Scope scope, LevelMember(json));
  if (scope != Scope::kEvent && scope != Scope::kLink) {
    return base::InvalidArgument("\"nested\" has level event or link");
  }
  term.owner = scope == Scope::kEvent ? Owner::kEvent : Owner::kLink;
  return term;
}

Result<Literal> ReadLiteral(std::string text, std::string_view type) {
  if (type.empty()) return Literal::Untyped(std::move(text));
  if (type == "string") return Literal::String(std::move(text));
  if (type == "int") {
    if (const auto number = expr::ParseInt(text)) return Literal::Int(*number);
  } else if (type == "double") {
    if (const auto number = expr::ParseReal(text)) return Literal::Double(*number);
  } else if (type == "bool") {
    if (const auto truth = ParseBool(text)) return Literal::Bool(*truth);
  } else {
    return base::InvalidArgument(
        "unknown filter value type \"{}\", use string, int, double or bool", base::Excerpt(type));
  }
  return base::InvalidArgument("constant \"{}\" is not the {} that it declares",
                               base::Excerpt(text), type);
}

Domain DomainOfType(std::string_view type) {
  return type == "string"                    ? Domain::kText
         : type == "int" || type == "double" ? Domain::kNumber
         : type == "bool"                    ? Domain::kBool
                                             : Domain::kAny;
}

Result<FilterTerm> ReadScalar(const JsonValue& json) {
  TRY(WantMembers(json, "\"scalar\"", {"value", "type"}));
  ASSIGN_OR_RETURN(std::string value, TextMember(json, "value"));
  ASSIGN_OR_RETURN(const std::string type, TextMember(json, "type"));
  ASSIGN_OR_RETURN(Literal literal, ReadLiteral(std::move(value), type));
  FilterTerm term{.kind = Kind::kScalar, .domain = DomainOfType(type)};
  term.literals.push_back(std::move(literal));
  return term;
}

Result<FilterTerm> ReadList(const JsonValue& json) {
  TRY(WantMembers(json, "\"list\"", {"values", "type"}));
  ASSIGN_OR_RETURN(const std::string type, TextMember(json, "type"));
  simdjson::dom::array values;
  const auto member = MemberOf(json, "values");
  if (!member || member->get(values) != simdjson::SUCCESS || values.size() == 0) {
    return base::InvalidArgument("\"list\" has \"values\" with at least one element");
  }
  FilterTerm term{.kind = Kind::kList, .domain = DomainOfType(type)};
  for (const JsonValue value : values) {
    auto text = TextOf(value);
    if (!text) {
      return base::InvalidArgument("an element of \"list\" is not a string, put it in quotes");
    }
    ASSIGN_OR_RETURN(Literal literal, ReadLiteral(*std::move(text), type));
    term.literals.push_back(std::move(literal));
  }
  return term;
}

Status WantWord(std::string_view text, std::span<const std::string_view> words) {
  if (std::ranges::find(words, text) != words.end()) {
    return {};
  }
  return base::InvalidArgument("\"{}\" is not one of {}", base::Excerpt(text),
                               fmt::join(words, ", "));
}

/// Ids are texts here, and may be given with fewer digits or capitals.
template <typename Id>
std::string IdText(const std::string& text) {
  const auto id = Id::FromHex(text);
  return id ? id->ToHex() : text;
}

/// Reads a constant as what the field holds.
Result<Literal> Resolve(Field field, const std::string& text) {
  switch (expr::InfoOf(field).kind) {
    case FieldKind::kDuration: {
      ASSIGN_OR_RETURN(const Nanos duration, base::ParseDuration(text));
      return Literal::Int(duration.count());
    }
    case FieldKind::kTime: {
      ASSIGN_OR_RETURN(const UnixNanos time, ParseRfc3339(text));
      return Literal::Int(time);
    }
    case FieldKind::kWord:
      TRY(WantWord(text, expr::WordsOf(field)));
      break;
    case FieldKind::kId: {
      const bool is_trace = field == Field::kTraceId || field == Field::kLinkTraceId;
      return Literal::String(is_trace ? IdText<TraceId>(text) : IdText<SpanId>(text));
    }
    case FieldKind::kText:
      break;
  }
  return Literal::String(text);
}

Status CheckDomains(std::string_view op_name, const FilterTerm& left, const FilterTerm& right) {
  const bool is_open = left.domain == Domain::kAny || right.domain == Domain::kAny;
  if (is_open || left.domain == right.domain || AreTexts(left.domain, right.domain)) {
    return {};
  }
  return base::InvalidArgument(
      "operator \"{}\" compares {} and {}, which hold different kinds of value", op_name,
      NameOf(left), NameOf(right));
}

bool IsOrdered(FilterOp op) {
  return op == FilterOp::kGt || op == FilterOp::kLt || op == FilterOp::kGte || op == FilterOp::kLte;
}

FilterOp TurnedAround(FilterOp op) {
  switch (op) {
    case FilterOp::kGt:
      return FilterOp::kLt;
    case FilterOp::kLt:
      return FilterOp::kGt;
    case FilterOp::kGte:
      return FilterOp::kLte;
    case FilterOp::kLte:
      return FilterOp::kGte;
    default:
      return op;
  }
}

Status CheckShape(FilterOp op, std::string_view op_name, const std::vector<FilterTerm>& terms) {
  if (!terms[0].is_reference()) {
    return base::InvalidArgument("operator \"{}\" takes a reference, got {}", op_name,
                                 NameOf(terms[0]));
  }
  if (op == FilterOp::kExists) {
    return {};
  }
  const FilterTerm& right = terms[1];
  const bool is_membership = op == FilterOp::kIn || op == FilterOp::kNotIn;
  const bool is_right_kind = is_membership ? right.kind == Kind::kList
                             : op == FilterOp::kRegex
                                 ? right.kind == Kind::kScalar
                                 : right.kind == Kind::kScalar || right.is_reference();
  if (!is_right_kind) {
    return base::InvalidArgument("operator \"{}\" takes {} as its second argument, got {}", op_name,
                                 is_membership            ? "a list"
                                 : op == FilterOp::kRegex ? "a constant"
                                                          : "a constant or a reference",
                                 NameOf(right));
  }
  if (is_membership && terms[0].kind == Kind::kAttribute && right.domain == Domain::kAny) {
    return base::InvalidArgument(
        "operator \"{}\" takes a list that declares its \"type\" for an attribute", op_name);
  }
  for (const FilterTerm& term : terms) {
    if (IsOrdered(op) && (IsWord(term.domain) || term.domain == Domain::kBool)) {
      return base::InvalidArgument("operator \"{}\" has no ordering for {}", op_name, NameOf(term));
    }
  }
  return CheckDomains(op_name, terms[0], right);
}

Result<expr::Expression> MakeMatch(std::vector<FilterTerm> terms) {
  const Domain subject = terms[0].domain;
  const Domain pattern = terms[1].domain;
  if (subject == Domain::kDuration || subject == Domain::kTime ||
      (pattern != Domain::kAny && pattern != Domain::kText)) {
    return base::InvalidArgument("operator \"regex\" matches text with a string");
  }
  ASSIGN_OR_RETURN(expr::PatternPtr compiled, expr::Pattern::Compile(terms[1].literals[0].text));
  return query::WhereShown(terms[0].reference, [&compiled](expr::Reference place) {
    return expr::Matches(std::move(place), compiled);
  });
}

/// The operator that it is, or that it is the negation of.
expr::Op OpOf(FilterOp op) {
  switch (op) {
    case FilterOp::kGt:
      return expr::Op::kGreater;
    case FilterOp::kLt:
      return expr::Op::kLess;
    case FilterOp::kGte:
      return expr::Op::kGreaterOrEqual;
    case FilterOp::kLte:
      return expr::Op::kLessOrEqual;
    default:
      return expr::Op::kEqual;
  }
}

/// Whether an answer may show under `key`, as what `literal` is, a value that it does not equal: an
/// address that is stored as a number, or what is no number.
bool MayBeShownOtherwise(std::string_view key, const Literal& literal) {
  const bool is_text = !literal.type || literal.type == model::ValueType::kString;
  if (is_text && model::IsAddressKey(key)) return !expr::ParseReal(literal.text);
  return literal.real && std::isnan(*literal.real);
}

/// With one of the constants, of which there is one unless `op` is about equality.
expr::Expression CompareIn(FilterOp op, const expr::Reference& place,
                           const std::vector<Literal>& literals) {
  std::vector<expr::Expression> ways;
  ways.push_back(literals.size() == 1 ? expr::Compare(OpOf(op), place, literals[0])
                                      : expr::IsOneOf(place, literals));
  for (const Literal& literal : literals) {
    const bool is_of_attribute = !place.field && OpOf(op) == expr::Op::kEqual;
    if (is_of_attribute && MayBeShownOtherwise(place.key, literal)) {
      ways.push_back(expr::ShownAs(place, literal.text));
    }
  }
  return expr::Or(std::move(ways));
}

Result<expr::Expression> Compare(FilterOp op, const FilterTerm& left, FilterTerm right) {
  using expr::Reference;
  if (right.is_reference()) {
    // An attribute may hold a number; the service, as which it is shown too, never does.
    const auto is_in_vain = [](const Reference& place, const Reference& asked_for,
                               const Reference& other) {
      return !asked_for.field && place.field == Field::kService && expr::IsNumber(other);
    };
    return query::WhereShown(left.reference, [&](const Reference& a) {
      return query::WhereShown(right.reference, [&](const Reference& b) {
        if (is_in_vain(a, left.reference, b) || is_in_vain(b, right.reference, a)) {
          return expr::False();
        }
        return expr::Compare(OpOf(op), a, b);
      });
    });
  }
  if (left.kind == Kind::kField) {
    for (Literal& literal : right.literals) {
      ASSIGN_OR_RETURN(literal, Resolve(*left.reference.field, literal.text));
      // Raw traces show an unnamed span as it is.
      const bool is_unnamed = left.reference.field == Field::kName && literal.text.empty();
      if (is_unnamed && OpOf(op) == expr::Op::kEqual) {
        literal = Literal::String(std::string(model::kNoSpanName));
      }
    }
  }
  return query::WhereShown(
      left.reference, [&](const Reference& place) { return CompareIn(op, place, right.literals); });
}

/// Holds when all of the terms that are references are there, wherever they are shown.
expr::Expression AreThere(std::span<const FilterTerm> terms) {
  std::vector<expr::Expression> all;
  for (const FilterTerm& term : terms) {
    if (term.is_reference()) all.push_back(query::WhereShown(term.reference, expr::Exists));
  }
  return expr::And(std::move(all));
}

}  // namespace

std::string_view NameOf(const FilterTerm& term) {
  switch (term.kind) {
    case Kind::kAttribute:
      return "an attribute";
    case Kind::kField:
      return term.domain == Domain::kDuration     ? "a duration field"
             : term.domain == Domain::kTime       ? "a time field"
             : term.domain == Domain::kSpanKind   ? "the span kind"
             : term.domain == Domain::kSpanStatus ? "the span status"
                                                  : "a text field";
    case Kind::kNested:
      return "\"nested\", which belongs to \"some\"";
    case Kind::kScalar:
      return "a constant";
    case Kind::kList:
      break;
  }
  return "a list";
}

Status WantMembers(const JsonValue& json, std::string_view what,
                   std::initializer_list<std::string_view> names) {
  simdjson::dom::object object;
  if (json.get(object) != simdjson::SUCCESS) {
    return base::InvalidArgument("{} is not an object", what);
  }
  for (const auto& [name, value] : object) {
    if (std::ranges::find(names, name) == names.end()) {
      return base::InvalidArgument("{} has an unknown member \"{}\", use {}", what,
                                   base::Excerpt(name), fmt::join(names, ", "));
    }
  }
  return {};
}

Result<std::string> TextMember(const JsonValue& json, std::string_view name) {
  const auto member = MemberOf(json, name);
  if (!member) {
    return std::string();
  }
  auto text = TextOf(*member);
  if (!text) {
    return base::InvalidArgument("\"{}\" is not a string, put it in quotes", name);
  }
  return *std::move(text);
}

std::optional<JsonValue> OnlyMember(const JsonValue& json, std::string_view name) {
  return MemberCountOf(json) == 1 ? MemberOf(json, name) : std::nullopt;
}

Result<FilterTerm> ReadTerm(const JsonValue& json) {
  using Reader = Result<FilterTerm> (*)(const JsonValue&);
  static constexpr std::pair<std::string_view, Reader> kReaders[] = {{"attr", ReadAttribute},
                                                                     {"field", ReadField},
                                                                     {"nested", ReadNested},
                                                                     {"scalar", ReadScalar},
                                                                     {"list", ReadList}};
  for (const auto& [name, read] : kReaders) {
    if (const auto member = OnlyMember(json, name)) {
      return read(*member);
    }
  }
  return base::InvalidArgument(
      "an argument has exactly one of attr, field, nested, scalar, list and call");
}

Result<expr::Expression> MakeComparison(FilterOp op, std::string_view op_name,
                                        std::vector<FilterTerm> terms) {
  const bool is_turned = terms.size() == 2 && op != FilterOp::kRegex &&
                         terms[0].kind == Kind::kScalar && terms[1].is_reference();
  if (is_turned) {
    std::swap(terms[0], terms[1]);
    op = TurnedAround(op);
  }
  TRY(CheckShape(op, op_name, terms));
  if (op == FilterOp::kExists) return AreThere(terms);
  if (op == FilterOp::kRegex) return MakeMatch(std::move(terms));
  ASSIGN_OR_RETURN(expr::Expression comparison, Compare(op, terms[0], terms[1]));
  if (op != FilterOp::kNe && op != FilterOp::kNotIn) return comparison;
  if (comparison.op == expr::Op::kEqual) return expr::Differs(std::move(comparison));
  return expr::And({AreThere(terms), expr::Not(std::move(comparison))});
}

}  // namespace clew::api::jaeger
