#include "api/jaeger/filter_terms.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "api/jaeger/params.h"
#include "base/duration.h"

namespace clew::api::jaeger {
namespace {

using query::FilterCall;
using query::FilterConstant;
using query::FilterField;
using query::FilterLevel;
using query::FilterOp;
using Domain = FilterTerm::Domain;
using Kind = FilterTerm::Kind;

constexpr std::pair<std::string_view, FilterLevel> kLevels[] = {
    {"span", FilterLevel::kSpan},
    {"resource", FilterLevel::kResource},
    {"scope", FilterLevel::kScope},
    {"event", FilterLevel::kEvent},
    {"link", FilterLevel::kLink}};

struct KnownField {
  FilterLevel level;
  std::string_view name;
  FilterField field;
  Domain domain;
};
constexpr KnownField kFields[] = {
    {FilterLevel::kSpan, "traceID", FilterField::kTraceId, Domain::kText},
    {FilterLevel::kSpan, "spanID", FilterField::kSpanId, Domain::kText},
    {FilterLevel::kSpan, "parentSpanID", FilterField::kParentSpanId, Domain::kText},
    {FilterLevel::kSpan, "traceState", FilterField::kTraceState, Domain::kText},
    {FilterLevel::kSpan, "name", FilterField::kName, Domain::kText},
    {FilterLevel::kSpan, "kind", FilterField::kKind, Domain::kSpanKind},
    {FilterLevel::kSpan, "startTime", FilterField::kStartTime, Domain::kTime},
    {FilterLevel::kSpan, "endTime", FilterField::kEndTime, Domain::kTime},
    {FilterLevel::kSpan, "duration", FilterField::kDuration, Domain::kDuration},
    {FilterLevel::kSpan, "status", FilterField::kStatus, Domain::kSpanStatus},
    {FilterLevel::kSpan, "statusMessage", FilterField::kStatusMessage, Domain::kText},
    {FilterLevel::kResource, "service", FilterField::kService, Domain::kText},
    {FilterLevel::kResource, "schemaURL", FilterField::kSchemaUrl, Domain::kText},
    {FilterLevel::kScope, "name", FilterField::kName, Domain::kText},
    {FilterLevel::kScope, "version", FilterField::kVersion, Domain::kText},
    {FilterLevel::kScope, "schemaURL", FilterField::kSchemaUrl, Domain::kText},
    {FilterLevel::kEvent, "name", FilterField::kName, Domain::kText},
    {FilterLevel::kEvent, "time", FilterField::kTime, Domain::kTime},
    {FilterLevel::kEvent, "timeSinceStart", FilterField::kTimeSinceStart, Domain::kDuration},
    {FilterLevel::kLink, "traceID", FilterField::kTraceId, Domain::kText},
    {FilterLevel::kLink, "spanID", FilterField::kSpanId, Domain::kText},
    {FilterLevel::kLink, "traceState", FilterField::kTraceState, Domain::kText},
};

constexpr std::string_view kKindWords[] = {"unspecified", "internal", "server",
                                           "client",      "producer", "consumer"};
constexpr std::string_view kStatusWords[] = {"unset", "ok", "error"};

/// Words are texts, but from a closed set and without an order.
bool IsWord(Domain domain) { return domain == Domain::kSpanKind || domain == Domain::kSpanStatus; }
bool AreTexts(Domain a, Domain b) {
  const auto is_text = [](Domain domain) { return domain == Domain::kText || IsWord(domain); };
  return is_text(a) && is_text(b);
}

Result<FilterLevel> LevelMember(const JsonValue& json) {
  ASSIGN_OR_RETURN(const std::string name, TextMember(json, "level"));
  if (name.empty()) {
    return FilterLevel::kSpanOrResource;
  }
  for (const auto& [known, level] : kLevels) {
    if (known == name) {
      return level;
    }
  }
  return base::InvalidArgument(
      "unknown filter level \"{}\", use span, resource, scope, event or link", name);
}

Result<FilterTerm> ReadAttribute(const JsonValue& json) {
  TRY(WantMembers(json, "\"attr\"", {"key", "level"}));
  FilterTerm term{.kind = Kind::kAttribute};
  ASSIGN_OR_RETURN(term.reference.key, TextMember(json, "key"));
  ASSIGN_OR_RETURN(term.reference.level, LevelMember(json));
  if (term.reference.key.empty()) {
    return base::InvalidArgument("an attribute reference has no key");
  }
  return term;
}

Result<FilterTerm> ReadField(const JsonValue& json) {
  TRY(WantMembers(json, "\"field\"", {"name", "level"}));
  ASSIGN_OR_RETURN(const std::string name, TextMember(json, "name"));
  ASSIGN_OR_RETURN(const FilterLevel level, LevelMember(json));
  if (level == FilterLevel::kSpanOrResource) {
    return base::InvalidArgument("field \"{}\" has no level, and a built-in field belongs to one",
                                 name);
  }
  for (const KnownField& known : kFields) {
    if (known.level == level && known.name == name) {
      FilterTerm term{.kind = Kind::kField, .domain = known.domain};
      term.reference.level = level;
      term.reference.field = known.field;
      return term;
    }
  }
  return base::InvalidArgument(
      "unknown built-in field \"{}\" at this level, name an attribute to match a tag of that name",
      name);
}

Result<FilterTerm> ReadNested(const JsonValue& json) {
  TRY(WantMembers(json, "\"nested\"", {"level"}));
  FilterTerm term{.kind = Kind::kNested};
  ASSIGN_OR_RETURN(term.reference.level, LevelMember(json));
  if (term.reference.level != FilterLevel::kEvent && term.reference.level != FilterLevel::kLink) {
    return base::InvalidArgument("\"nested\" has level event or link");
  }
  return term;
}

std::optional<double> ParseReal(std::string_view text) {
  double real = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), real);
  return code == std::errc() && end == text.data() + text.size() ? std::optional(real)
                                                                 : std::nullopt;
}

std::optional<std::int64_t> ParseInt64(std::string_view text) {
  const auto number = ParseInteger(text, std::numeric_limits<std::int64_t>::min(),
                                   std::numeric_limits<std::int64_t>::max());
  return number ? std::optional(*number) : std::nullopt;
}

Result<FilterConstant> ReadConstant(std::string text, std::string_view type) {
  FilterConstant constant{.text = std::move(text)};
  bool is_valid = true;
  if (type.empty() || type == "int") {
    constant.integer = ParseInt64(constant.text);
    is_valid = type.empty() || constant.integer;
  }
  if (type.empty() || type == "double") {
    constant.real = ParseReal(constant.text);
    is_valid = is_valid && (type.empty() || constant.real);
  }
  if (type == "int") {
    constant.type = model::ValueType::kInt;
  } else if (type == "double") {
    constant.type = model::ValueType::kDouble;
  } else if (type == "bool") {
    const auto truth = ParseBool(constant.text);
    is_valid = truth.has_value();
    constant.type = model::ValueType::kBool;
    constant.text = truth && *truth ? "true" : "false";
  } else if (type == "string") {
    constant.type = model::ValueType::kString;
  } else if (!type.empty()) {
    return base::InvalidArgument(
        "unknown filter value type \"{}\", use string, int, double or bool", type);
  }
  if (!is_valid) {
    return base::InvalidArgument("constant \"{}\" is not the {} that it declares", constant.text,
                                 type);
  }
  return constant;
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
  ASSIGN_OR_RETURN(FilterConstant constant, ReadConstant(std::move(value), type));
  FilterTerm term{.kind = Kind::kScalar, .domain = DomainOfType(type)};
  term.constants.push_back(std::move(constant));
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
    ASSIGN_OR_RETURN(FilterConstant constant, ReadConstant(*std::move(text), type));
    term.constants.push_back(std::move(constant));
  }
  return term;
}

Status WantWord(const FilterConstant& constant, std::span<const std::string_view> words) {
  if (std::ranges::find(words, constant.text) != words.end()) {
    return {};
  }
  return base::InvalidArgument("\"{}\" is not one of {}", constant.text, fmt::join(words, ", "));
}

/// Reads a constant as what the field beside it holds.
Status Resolve(const FilterTerm& field, FilterConstant* constant) {
  switch (field.domain) {
    case Domain::kDuration: {
      ASSIGN_OR_RETURN(const Nanos duration, base::ParseDuration(constant->text));
      *constant = {.type = model::ValueType::kInt, .integer = duration.count()};
      return {};
    }
    case Domain::kTime: {
      ASSIGN_OR_RETURN(const UnixNanos time, ParseRfc3339(constant->text));
      *constant = {.type = model::ValueType::kInt, .integer = time};
      return {};
    }
    case Domain::kSpanKind:
      TRY(WantWord(*constant, kKindWords));
      break;
    case Domain::kSpanStatus:
      TRY(WantWord(*constant, kStatusWords));
      break;
    default:
      break;
  }
  constant->type = model::ValueType::kString;
  // Ids are texts here, and may be given with fewer digits or capitals.
  const auto id = field.reference.field;
  if (id == FilterField::kTraceId) {
    const auto trace_id = TraceId::FromHex(constant->text);
    constant->text = trace_id ? trace_id->ToHex() : constant->text;
  } else if (id == FilterField::kSpanId || id == FilterField::kParentSpanId) {
    const auto span_id = SpanId::FromHex(constant->text);
    constant->text = span_id ? span_id->ToHex() : constant->text;
  }
  return {};
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

Status AddPattern(const std::vector<FilterTerm>& terms, FilterCall* call) {
  const Domain subject = terms[0].domain;
  const Domain pattern = terms[1].domain;
  if (subject == Domain::kDuration || subject == Domain::kTime ||
      (pattern != Domain::kAny && pattern != Domain::kText)) {
    return base::InvalidArgument("operator \"regex\" matches text with a string");
  }
  ASSIGN_OR_RETURN(call->pattern, query::CompilePattern(terms[1].constants[0].text));
  return {};
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
      return base::InvalidArgument("{} has an unknown member \"{}\", use {}", what, name,
                                   fmt::join(names, ", "));
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

Result<FilterCall> MakeLeaf(FilterOp op, std::string_view op_name, std::vector<FilterTerm> terms) {
  const bool is_turned = terms.size() == 2 && op != FilterOp::kRegex &&
                         terms[0].kind == Kind::kScalar && terms[1].is_reference();
  if (is_turned) {
    std::swap(terms[0], terms[1]);
    op = TurnedAround(op);
  }
  TRY(CheckShape(op, op_name, terms));
  FilterCall call{.op = op};
  call.references.push_back(terms[0].reference);
  if (op == FilterOp::kExists) {
    return call;
  }
  if (op == FilterOp::kRegex) {
    TRY(AddPattern(terms, &call));
    return call;
  }
  if (terms[1].is_reference()) {
    call.references.push_back(terms[1].reference);
    return call;
  }
  call.constants = std::move(terms[1].constants);
  if (terms[0].kind == Kind::kField) {
    for (FilterConstant& constant : call.constants) {
      TRY(Resolve(terms[0], &constant));
    }
  }
  return call;
}

}  // namespace clew::api::jaeger
