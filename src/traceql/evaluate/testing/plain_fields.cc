#include "traceql/evaluate/testing/plain_fields.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/letter_case.h"
#include "model/semantic_names.h"
#include "model/service_name.h"
#include "traceql/evaluate/testing/plain_structure.h"

namespace clew::traceql::evaluate::testing {
namespace {

/// A span, and an event or link of it when one is asked for.
struct Subject {
  const model::TraceData& trace;
  std::size_t index;
  Naming naming;
  const model::Event* event = nullptr;
  const model::Link* link = nullptr;

  const model::Span& span() const { return trace.spans[index]; }
};

PlainValue StatusOf(model::StatusCode code) {
  const char* const word = code == model::StatusCode::kError ? "error"
                           : code == model::StatusCode::kOk  ? "ok"
                                                             : "unset";
  return {*Static::Word(word)};
}

PlainValue KindOf(model::SpanKind kind) {
  const std::string_view word = model::SpanKindName(kind);
  return {*Static::Word(word.empty() ? "unspecified" : word)};
}

template <typename Id>
PlainValue IdOf(const Id& id) {
  return {Static::String(id.is_zero() ? "" : id.ToHex())};
}

PlainValue TraceDurationOf(const model::TraceData& trace) {
  UnixNanos start = trace.spans[0].start;
  UnixNanos end = trace.spans[0].end;
  for (const model::Span& span : trace.spans) {
    start = std::min(start, span.start);
    end = std::max({end, span.end, span.start});
  }
  return {Static::Duration(end - start)};
}

PlainValue RootValueOf(Intrinsic intrinsic, const model::TraceData& trace) {
  const auto root = PlainStructure(trace).Root();
  if (!root) return {Static::String("")};
  const model::Span& span = trace.spans[*root];
  if (intrinsic == Intrinsic::kRootName) {
    return {Static::String(std::string(model::OperationName(span.name)))};
  }
  PlainValue name = SeenOf(trace.resources[span.resource].attributes, "service.name");
  return name.value.type == Type::kString ? name : PlainValue{Static::String("")};
}

PlainValue EventValueOf(Intrinsic intrinsic, const Subject& subject) {
  const auto& events = subject.span().events;
  if (subject.event == nullptr && events.empty()) return {};
  const model::Event& event = subject.event == nullptr ? events.front() : *subject.event;
  if (intrinsic == Intrinsic::kEventName) return {Static::String(event.name)};
  return {Static::Duration(event.time - subject.span().start)};
}

PlainValue LinkValueOf(Intrinsic intrinsic, const Subject& subject) {
  const auto& links = subject.span().links;
  if (subject.link == nullptr && links.empty()) return {};
  const model::Link& link = subject.link == nullptr ? links.front() : *subject.link;
  return intrinsic == Intrinsic::kLinkTraceId ? IdOf(link.trace_id) : IdOf(link.span_id);
}

PlainValue IntrinsicOf(Intrinsic intrinsic, const Subject& subject) {
  const model::Span& span = subject.span();
  const model::Scope& scope = subject.trace.scopes[span.scope];
  switch (intrinsic) {
    case Intrinsic::kDuration:
      return {Static::Duration(std::max<std::int64_t>(span.end - span.start, 0))};
    case Intrinsic::kName:
      return {Static::String(std::string(model::OperationName(span.name)))};
    case Intrinsic::kStatus:
      return StatusOf(span.status);
    case Intrinsic::kStatusMessage:
      return {Static::String(span.status_message)};
    case Intrinsic::kKind:
      return KindOf(span.kind);
    case Intrinsic::kSpanId:
      return IdOf(span.span_id);
    case Intrinsic::kParentId:
      return IdOf(span.parent_span_id);
    case Intrinsic::kTraceId:
      return IdOf(span.trace_id);
    case Intrinsic::kChildCount:
      return {Static::Int(PlainStructure(subject.trace).ChildCountOf(subject.index))};
    case Intrinsic::kTraceDuration:
      return TraceDurationOf(subject.trace);
    case Intrinsic::kRootName:
    case Intrinsic::kRootService:
      return RootValueOf(intrinsic, subject.trace);
    case Intrinsic::kEventName:
    case Intrinsic::kEventTimeSinceStart:
      return EventValueOf(intrinsic, subject);
    case Intrinsic::kLinkTraceId:
    case Intrinsic::kLinkSpanId:
      return LinkValueOf(intrinsic, subject);
    case Intrinsic::kInstrumentationName:
      return {Static::String(scope.name)};
    case Intrinsic::kInstrumentationVersion:
      return {Static::String(scope.version)};
    case Intrinsic::kNestedSetLeft:
      return {Static::Int(PlainStructure(subject.trace).NumbersOf(subject.index).left)};
    case Intrinsic::kNestedSetRight:
      return {Static::Int(PlainStructure(subject.trace).NumbersOf(subject.index).right)};
    default:
      return {Static::Int(PlainStructure(subject.trace).NumbersOf(subject.index).parent)};
  }
}

using Names = std::vector<std::string>;

/// What is there under one of the names of an attribute. Without a name nothing is.
struct Held {
  std::string name{};
  PlainValue value{};
};

/// Of the first name under which there is anything.
Held HeldIn(const model::Attributes& attributes, const Names& names) {
  for (const std::string& name : names) {
    if (model::FindAttribute(attributes, name) != nullptr) return {name, SeenOf(attributes, name)};
  }
  return {};
}

/// Of the one that is asked for, else of the first that has a value.
template <typename Row>
Held FirstOf(const std::vector<Row>& all, const Row* one, const Names& names) {
  if (one != nullptr) return HeldIn(one->attributes, names);
  for (const Row& row : all) {
    Held held = HeldIn(row.attributes, names);
    if (!held.value.is_nil()) return held;
  }
  return {};
}

Names NamesOf(const Attribute& attribute, Naming naming) {
  Names names = {attribute.name};
  if (naming == Naming::kAsAsked) return names;
  for (const std::string_view name : model::SameNamesAs(attribute.name)) names.emplace_back(name);
  return names;
}

Held AttributeOf(const Attribute& attribute, Subject subject) {
  if (attribute.whose != Whose::kOwn) {
    const PlainStructure structure(subject.trace);
    const auto other =
        attribute.whose == Whose::kRoot ? structure.Root() : structure.ParentOf(subject.index);
    if (!other) return {};
    subject.index = *other;
  }
  if (attribute.intrinsic != Intrinsic::kNone) {
    return {.value = IntrinsicOf(attribute.intrinsic, subject)};
  }
  const model::Span& span = subject.span();
  const model::Attributes& resource = subject.trace.resources[span.resource].attributes;
  const Names names = NamesOf(attribute, subject.naming);
  switch (attribute.scope) {
    case Scope::kSpan:
      return HeldIn(span.attributes, names);
    case Scope::kResource:
      return HeldIn(resource, names);
    case Scope::kEvent:
      return FirstOf(span.events, subject.event, names);
    case Scope::kLink:
      return FirstOf(span.links, subject.link, names);
    case Scope::kInstrumentation:
      return HeldIn(subject.trace.scopes[span.scope].attributes, names);
    case Scope::kUnscoped:
      break;
  }
  Held of_span = HeldIn(span.attributes, names);
  return of_span.name.empty() ? HeldIn(resource, names) : of_span;
}

bool IsEvent(const Attribute& attribute) {
  return attribute.scope == Scope::kEvent || attribute.intrinsic == Intrinsic::kEventName ||
         attribute.intrinsic == Intrinsic::kEventTimeSinceStart;
}
bool IsLink(const Attribute& attribute) {
  return attribute.scope == Scope::kLink || attribute.intrinsic == Intrinsic::kLinkTraceId ||
         attribute.intrinsic == Intrinsic::kLinkSpanId;
}

bool Mentions(const FieldExpression& expression, bool (*is_of)(const Attribute&)) {
  if (expression.op == Op::kAttribute) return is_of(expression.attribute);
  return std::ranges::any_of(expression.operands,
                             [&](const auto& operand) { return Mentions(operand, is_of); });
}

struct Needs {
  bool operator==(const Needs&) const = default;
  bool event = false;
  bool link = false;
};

/// Whether it is asked of one event, of one link.
Needs NeedsOf(const FieldExpression& expression) {
  if (IsLogic(expression.op)) {
    const Needs first = NeedsOf(expression.operands[0]);
    if (first.event && first.link) return {};
    for (const FieldExpression& operand : expression.operands) {
      if (NeedsOf(operand) != first) return {};
    }
    return first;
  }
  if (expression.op == Op::kNot && expression.operands[0].op != Op::kAttribute) return {};
  return {Mentions(expression, IsEvent), Mentions(expression, IsLink)};
}

Result<PlainValue> Evaluate(const FieldExpression& expression, const Subject& subject);

Result<bool> Holds(const FieldExpression& expression, const Subject& subject) {
  ASSIGN_OR_RETURN(const PlainValue value, Evaluate(expression, subject));
  return value.is_true();
}

/// Whether all hold for one event and one link, as far as they are needed.
Result<bool> HoldForOne(const std::vector<const FieldExpression*>& all, const Subject& subject) {
  Needs needs;
  for (const FieldExpression* const each : all) {
    needs.event = needs.event || NeedsOf(*each).event;
    needs.link = needs.link || NeedsOf(*each).link;
  }
  std::vector<const model::Event*> events;
  std::vector<const model::Link*> links;
  for (const model::Event& event : subject.span().events) events.push_back(&event);
  for (const model::Link& link : subject.span().links) links.push_back(&link);
  const bool is_bound = subject.event != nullptr || subject.link != nullptr;
  if (is_bound || !needs.event) events = {subject.event};
  if (is_bound || !needs.link) links = {subject.link};
  for (const model::Event* const event : events) {
    for (const model::Link* const link : links) {
      bool hold = true;
      for (const FieldExpression* const each : all) {
        ASSIGN_OR_RETURN(const bool holds,
                         Holds(*each, {subject.trace, subject.index, subject.naming, event, link}));
        hold = hold && holds;
      }
      if (hold) return true;
    }
  }
  return false;
}

void AddConjuncts(const FieldExpression& expression, std::vector<const FieldExpression*>* all) {
  if (expression.op != Op::kAnd) return all->push_back(&expression);
  for (const FieldExpression& operand : expression.operands) AddConjuncts(operand, all);
}

Result<bool> HoldTogether(const FieldExpression& conjunction, const Subject& subject) {
  std::vector<const FieldExpression*> all;
  AddConjuncts(conjunction, &all);
  std::vector<const FieldExpression*> bound;
  bool is_joint = false;
  for (const FieldExpression* const each : all) {
    const Needs needs = NeedsOf(*each);
    is_joint = is_joint || (needs.event && needs.link);
    if (needs != Needs()) {
      bound.push_back(each);
      continue;
    }
    ASSIGN_OR_RETURN(const bool holds, Holds(*each, subject));
    if (!holds) return false;
  }
  if (is_joint) return HoldForOne(bound, subject);
  std::vector<const FieldExpression*> of_events;
  std::vector<const FieldExpression*> of_links;
  for (const FieldExpression* const each : bound) {
    (NeedsOf(*each).event ? of_events : of_links).push_back(each);
  }
  ASSIGN_OR_RETURN(const bool for_event, HoldForOne(of_events, subject));
  ASSIGN_OR_RETURN(const bool for_link, HoldForOne(of_links, subject));
  return for_event && for_link;
}

bool IsNil(const FieldExpression& side) {
  return side.op == Op::kStatic && side.value.type == Type::kNil;
}

bool IsId(const FieldExpression& side) {
  if (side.op != Op::kAttribute) return false;
  const Intrinsic intrinsic = side.attribute.intrinsic;
  return intrinsic == Intrinsic::kTraceId || intrinsic == Intrinsic::kSpanId ||
         intrinsic == Intrinsic::kParentId || intrinsic == Intrinsic::kLinkTraceId ||
         intrinsic == Intrinsic::kLinkSpanId;
}

/// Without what ids are compared without.
void StripId(PlainValue* value) {
  std::string& text = value->value.text;
  text = base::LowerCase(text);
  text.erase(0, text.find_first_not_of('0'));
}

Result<bool> Compare(const FieldExpression& comparison, const Subject& subject) {
  const FieldExpression& left = comparison.operands[0];
  const FieldExpression& right = comparison.operands[1];
  const bool is_equality = comparison.op == Op::kEqual || comparison.op == Op::kNotEqual;
  if (IsNil(left) || IsNil(right)) {
    ASSIGN_OR_RETURN(const PlainValue value, Evaluate(IsNil(left) ? right : left, subject));
    return is_equality && value.is_nil() == (comparison.op == Op::kEqual);
  }
  ASSIGN_OR_RETURN(PlainValue a, Evaluate(left, subject));
  if (comparison.op == Op::kMatches || comparison.op == Op::kNotMatches) {
    return PlainMatch(comparison.op, a, right.value.text);
  }
  ASSIGN_OR_RETURN(PlainValue b, Evaluate(right, subject));
  const auto is_name = [](const FieldExpression& side) {
    return side.op == Op::kAttribute && side.attribute.intrinsic == Intrinsic::kName;
  };
  const auto is_empty = [](const FieldExpression& side) {
    return side.op == Op::kStatic && side.value == Static::String("");
  };
  if (is_equality && is_name(left) && is_empty(right)) b.value.text = model::kNoSpanName;
  if (is_equality && is_name(right) && is_empty(left)) a.value.text = model::kNoSpanName;
  const bool is_with_text = left.op == Op::kStatic || right.op == Op::kStatic;
  if (is_equality && is_with_text && (IsId(left) || IsId(right))) {
    StripId(&a);
    StripId(&b);
  }
  return PlainCompare(comparison.op, a, b);
}

Result<PlainValue> EvaluateNot(const FieldExpression& operand, const Subject& subject) {
  ASSIGN_OR_RETURN(const PlainValue value, Evaluate(operand, subject));
  const bool is_false = !value.is_array() && value.value.is_bool(false);
  // Of an attribute: it is there, and false.
  return PlainValue{Static::Bool(operand.op == Op::kAttribute ? is_false : !value.is_true())};
}

Result<PlainValue> EvaluateInside(const FieldExpression& expression, const Subject& subject) {
  switch (expression.op) {
    case Op::kStatic:
      return PlainValue{expression.value};
    case Op::kAttribute:
      return AttributeOf(expression.attribute, subject).value;
    case Op::kNot:
      return EvaluateNot(expression.operands[0], subject);
    case Op::kNegate: {
      ASSIGN_OR_RETURN(PlainValue value, Evaluate(expression.operands[0], subject));
      if (!value.value.is_number()) return PlainValue();
      value.value.number = -value.value.number;
      value.value.real = -value.value.real;
      return value;
    }
    case Op::kAnd: {
      ASSIGN_OR_RETURN(const bool hold, HoldTogether(expression, subject));
      return PlainValue{Static::Bool(hold)};
    }
    case Op::kOr:
      for (const FieldExpression& operand : expression.operands) {
        ASSIGN_OR_RETURN(const bool holds, HoldForOne({&operand}, subject));
        if (holds) return PlainValue{Static::Bool(true)};
      }
      return PlainValue{Static::Bool(false)};
    default:
      break;
  }
  if (IsComparison(expression.op)) {
    ASSIGN_OR_RETURN(const bool holds, Compare(expression, subject));
    return PlainValue{Static::Bool(holds)};
  }
  ASSIGN_OR_RETURN(const PlainValue left, Evaluate(expression.operands[0], subject));
  ASSIGN_OR_RETURN(const PlainValue right, Evaluate(expression.operands[1], subject));
  return PlainCompute(expression.op, left, right);
}

/// Conditions are asked of each event, and of each link, unless one is asked for already.
Result<PlainValue> Evaluate(const FieldExpression& expression, const Subject& subject) {
  const bool is_condition =
      IsComparison(expression.op) || expression.op == Op::kNot || IsLogic(expression.op);
  const bool is_bound = subject.event != nullptr || subject.link != nullptr;
  if (!is_condition || is_bound || NeedsOf(expression) == Needs()) {
    return EvaluateInside(expression, subject);
  }
  const auto of_one = [&](const model::Event* event, const model::Link* link) {
    return EvaluateInside(expression, {subject.trace, subject.index, subject.naming, event, link});
  };
  std::vector<const model::Event*> events;
  std::vector<const model::Link*> links;
  for (const model::Event& event : subject.span().events) events.push_back(&event);
  for (const model::Link& link : subject.span().links) links.push_back(&link);
  if (!NeedsOf(expression).event) events = {nullptr};
  if (!NeedsOf(expression).link) links = {nullptr};
  for (const model::Event* const event : events) {
    for (const model::Link* const link : links) {
      ASSIGN_OR_RETURN(const PlainValue value, of_one(event, link));
      if (value.is_true()) return value;
    }
  }
  return PlainValue{Static::Bool(false)};
}

}  // namespace

Result<bool> PlainHolds(const FieldExpression& filter, const model::TraceData& trace,
                        std::size_t span, Naming naming) {
  return HoldForOne({&filter}, {trace, span, naming});
}

Result<PlainValue> PlainEvaluate(const FieldExpression& expression, const model::TraceData& trace,
                                 std::size_t span, Naming naming) {
  return Evaluate(expression, {trace, span, naming});
}

std::string PlainNameOf(const Attribute& attribute, const model::TraceData& trace, std::size_t span,
                        Naming naming) {
  return AttributeOf(attribute, {trace, span, naming}).name;
}

}  // namespace clew::traceql::evaluate::testing
