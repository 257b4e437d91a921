#include "scan/testing/plain_evaluate.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "model/service_name.h"
#include "wire/otlp/json_text.h"

namespace clew::scan::testing {
namespace {

using expr::Expression;
using expr::Field;
using expr::Literal;
using expr::Op;
using expr::Reference;
using model::Owner;
using model::Value;
using model::ValueType;
using wire::otlp::IsShownAs;

/// A span, and inside of kSome one event or link of it.
struct Subject {
  const model::TraceData& trace;
  const model::Span& span;
  const model::Event* event = nullptr;
  const model::Link* link = nullptr;
};

/// Of a value and of whom it is.
struct Found {
  Owner owner = Owner::kSpan;
  Value value;
};

template <typename Row>
std::vector<const Row*> RowsOf(const std::vector<Row>& all, const Row* one) {
  if (one != nullptr) return {one};
  std::vector<const Row*> rows;
  for (const Row& row : all) rows.push_back(&row);
  return rows;
}

void AddText(Owner owner, std::string text, std::vector<Found>* found) {
  if (!text.empty()) found->push_back({owner, {std::move(text)}});
}
template <typename Id>
void AddId(Owner owner, const Id& id, std::vector<Found>* found) {
  if (!id.is_zero()) found->push_back({owner, {id.ToHex()}});
}
void AddWord(Field field, std::int64_t number, std::vector<Found>* found) {
  const auto words = expr::WordsOf(field);
  const bool is_known = number >= 0 && std::cmp_less(number, words.size());
  found->push_back(
      {Owner::kSpan, {std::string(words[is_known ? static_cast<std::size_t>(number) : 0])}});
}

void AddOfSpan(Field field, const model::Span& span, std::vector<Found>* found) {
  switch (field) {
    case Field::kTraceId:
      return AddId(Owner::kSpan, span.trace_id, found);
    case Field::kSpanId:
      return AddId(Owner::kSpan, span.span_id, found);
    case Field::kParentSpanId:
      return AddId(Owner::kSpan, span.parent_span_id, found);
    case Field::kTraceState:
      return AddText(Owner::kSpan, span.trace_state, found);
    case Field::kName:
      return AddText(Owner::kSpan, std::string(model::OperationName(span.name)), found);
    case Field::kKind:
      return AddWord(field, static_cast<std::int64_t>(span.kind), found);
    case Field::kStatus:
      return AddWord(field, static_cast<std::int64_t>(span.status), found);
    case Field::kStatusMessage:
      return AddText(Owner::kSpan, span.status_message, found);
    case Field::kStart:
      return found->push_back({Owner::kSpan, {span.start}});
    case Field::kEnd:
      return found->push_back({Owner::kSpan, {span.end}});
    default:
      return found->push_back({Owner::kSpan, {model::SpanDuration(span.start, span.end).count()}});
  }
}

void AddOfEvents(Field field, const Subject& subject, std::vector<Found>* found) {
  for (const model::Event* event : RowsOf(subject.span.events, subject.event)) {
    if (field == Field::kEventName) {
      AddText(Owner::kEvent, event->name, found);
    } else {
      const auto from =
          field == Field::kEventTime ? 0 : static_cast<std::uint64_t>(subject.span.start);
      const auto time = static_cast<std::int64_t>(static_cast<std::uint64_t>(event->time) - from);
      found->push_back({Owner::kEvent, {time}});
    }
  }
}

void AddOfLinks(Field field, const Subject& subject, std::vector<Found>* found) {
  for (const model::Link* link : RowsOf(subject.span.links, subject.link)) {
    if (field == Field::kLinkTraceId) {
      AddId(Owner::kLink, link->trace_id, found);
    } else if (field == Field::kLinkSpanId) {
      AddId(Owner::kLink, link->span_id, found);
    } else {
      AddText(Owner::kLink, link->trace_state, found);
    }
  }
}

std::vector<Found> ValuesOf(Field field, const Subject& subject) {
  std::vector<Found> found;
  const model::Resource& resource = subject.trace.resources[subject.span.resource];
  const model::Scope& scope = subject.trace.scopes[subject.span.scope];
  switch (expr::InfoOf(field).owner) {
    case Owner::kSpan:
      AddOfSpan(field, subject.span, &found);
      break;
    case Owner::kResource:
      AddText(
          Owner::kResource,
          field == Field::kService ? model::ServiceName(resource.attributes) : resource.schema_url,
          &found);
      break;
    case Owner::kScope:
      AddText(Owner::kScope,
              field == Field::kScopeName      ? scope.name
              : field == Field::kScopeVersion ? scope.version
                                              : scope.schema_url,
              &found);
      break;
    case Owner::kEvent:
      AddOfEvents(field, subject, &found);
      break;
    case Owner::kLink:
      AddOfLinks(field, subject, &found);
      break;
  }
  return found;
}

std::vector<Found> ValuesOf(const Reference& reference, const Subject& subject) {
  if (reference.field) return ValuesOf(*reference.field, subject);
  std::vector<Found> found;
  const auto add = [&](Owner owner, const model::Attributes& attributes) {
    for (const model::KeyValue& attribute : attributes) {
      if (IsShownAs(attribute.key, reference.key)) found.push_back({owner, attribute.value});
    }
  };
  for (const Owner owner : expr::OwnersOf(reference.scope)) {
    switch (owner) {
      case Owner::kSpan:
        add(owner, subject.span.attributes);
        break;
      case Owner::kResource:
        add(owner, subject.trace.resources[subject.span.resource].attributes);
        break;
      case Owner::kScope:
        add(owner, subject.trace.scopes[subject.span.scope].attributes);
        break;
      case Owner::kEvent:
        for (const auto* event : RowsOf(subject.span.events, subject.event)) {
          add(owner, event->attributes);
        }
        break;
      case Owner::kLink:
        for (const auto* link : RowsOf(subject.span.links, subject.link)) {
          add(owner, link->attributes);
        }
        break;
    }
  }
  return found;
}

template <typename T>
bool HoldsFor(Op op, const T& left, const T& right) {
  switch (op) {
    case Op::kLess:
      return left < right;
    case Op::kLessOrEqual:
      return left <= right;
    case Op::kGreater:
      return left > right;
    case Op::kGreaterOrEqual:
      return left >= right;
    default:
      return left == right;
  }
}

/// Values without an order compare as equal or not at all.
bool HoldsForEqual(Op op) {
  return op == Op::kEqual || op == Op::kLessOrEqual || op == Op::kGreaterOrEqual;
}

/// Holds whole numbers of 64 bits and doubles alike, each as what it is.
using Number = long double;
static_assert(std::numeric_limits<Number>::digits >= 64);

std::optional<Number> NumberOf(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value.data)) return *number;
  if (const auto* number = std::get_if<double>(&value.data)) return *number;
  return std::nullopt;
}

std::optional<Number> NumberOf(const Literal& literal) {
  if (literal.integer) return *literal.integer;
  if (literal.is_below_ints) return std::min<Number>(*literal.real, -0x1p63L - 1);
  if (literal.real) return *literal.real;
  return std::nullopt;
}

/// What an answer shows.
std::string TextOf(const Value& value) { return wire::otlp::RepairUtf8(model::ValueToText(value)); }

bool CompareValues(Op op, const Value& left, const Value& right) {
  const auto left_number = NumberOf(left);
  const auto right_number = NumberOf(right);
  if (left_number && right_number) return HoldsFor(op, *left_number, *right_number);
  if (left.type() != right.type()) return false;
  if (const auto* text = std::get_if<std::string>(&left.data)) {
    return HoldsFor(op, *text, std::get<std::string>(right.data));
  }
  return left == right && HoldsForEqual(op);
}

bool CompareWith(Op op, const Value& value, const Literal& literal) {
  if (literal.type && *literal.type != value.type()) return false;
  if (const auto number = NumberOf(value)) {
    const auto wanted = NumberOf(literal);
    return wanted && HoldsFor(op, *number, *wanted);
  }
  if (value.type() == ValueType::kEmpty) return false;
  const bool is_equal = IsShownAs(model::ValueToText(value), literal.text);
  if (is_equal) return HoldsForEqual(op);
  const auto* text = std::get_if<std::string>(&value.data);
  return text != nullptr && op != Op::kEqual && HoldsFor(op, *text, literal.text);
}

bool IsAddress(const Found& found, const std::string& key, const std::string& text) {
  const bool may_be = (found.owner == Owner::kSpan || found.owner == Owner::kResource) &&
                      (key == "ip" || key == "peer.ipv4");
  const auto number = NumberOf(found.value);
  if (!may_be || !number) return false;
  const auto* integer = std::get_if<std::int64_t>(&found.value.data);
  if (integer == nullptr && !(*number >= 0 && *number <= 4294967295.0)) return false;
  const auto address = integer != nullptr ? static_cast<std::uint32_t>(*integer)
                                          : static_cast<std::uint32_t>(*number);
  std::string shown;
  for (int shift = 24; shift >= 0; shift -= 8) {
    shown += std::to_string(address >> shift & 255) + (shift > 0 ? "." : "");
  }
  return shown == text;
}

bool IsShown(const Found& found, const std::string& key, const std::string& text) {
  if (IsAddress(found, key, text) || IsShownAs(model::ValueToText(found.value), text)) return true;
  if (const auto* number = std::get_if<std::int64_t>(&found.value.data)) {
    return expr::ParseInt(text) == *number;
  }
  const auto* number = std::get_if<double>(&found.value.data);
  const auto wanted = expr::ParseReal(text);
  return number != nullptr && wanted && *number == *wanted;
}

bool HoldsFor(const Expression& expression, const Subject& subject);

bool HoldsForSome(const Expression& some, const Subject& subject) {
  if (some.owner == Owner::kEvent) {
    return std::ranges::any_of(subject.span.events, [&](const model::Event& event) {
      return HoldsFor(some.operands[0], {subject.trace, subject.span, &event});
    });
  }
  return std::ranges::any_of(subject.span.links, [&](const model::Link& link) {
    return HoldsFor(some.operands[0], {subject.trace, subject.span, nullptr, &link});
  });
}

/// Whether a row of attributes has several values of the key, or one that is no string, number or
/// bool.
bool IsOdd(const Reference& reference, const Subject& subject) {
  const auto is_odd = [&](const model::Attributes& attributes) {
    std::size_t count = 0;
    bool is_odd_type = false;
    for (const model::KeyValue& attribute : attributes) {
      if (!IsShownAs(attribute.key, reference.key)) continue;
      ++count;
      const ValueType type = attribute.value.type();
      is_odd_type = is_odd_type || type == ValueType::kEmpty || type >= ValueType::kBytes;
    }
    return count > 1 || is_odd_type;
  };
  if (reference.field) return false;
  const auto is_any_odd = [&](const auto& rows) {
    return std::ranges::any_of(rows, [&](const auto* row) { return is_odd(row->attributes); });
  };
  return std::ranges::any_of(expr::OwnersOf(reference.scope), [&](Owner owner) {
    switch (owner) {
      case Owner::kSpan:
        return is_odd(subject.span.attributes);
      case Owner::kResource:
        return is_odd(subject.trace.resources[subject.span.resource].attributes);
      case Owner::kScope:
        return is_odd(subject.trace.scopes[subject.span.scope].attributes);
      case Owner::kEvent:
        return is_any_odd(RowsOf(subject.span.events, subject.event));
      case Owner::kLink:
        break;
    }
    return is_any_odd(RowsOf(subject.span.links, subject.link));
  });
}

bool HoldsForValues(const Expression& comparison, const Subject& subject) {
  const std::vector<Found> left = ValuesOf(comparison.references[0], subject);
  if (comparison.references.size() == 2) {
    const std::vector<Found> right = ValuesOf(comparison.references[1], subject);
    return std::ranges::any_of(left, [&](const Found& a) {
      return std::ranges::any_of(
          right, [&](const Found& b) { return CompareValues(comparison.op, a.value, b.value); });
    });
  }
  return std::ranges::any_of(left, [&](const Found& found) {
    switch (comparison.op) {
      case Op::kExists:
        return true;
      case Op::kHasArray:
        return found.value.type() == ValueType::kArray;
      case Op::kMatches:
        return found.value.type() != ValueType::kEmpty &&
               comparison.pattern->IsFoundIn(TextOf(found.value));
      case Op::kShownAs:
        return IsShown(found, comparison.references[0].key, comparison.literals[0].text);
      default:
        return std::ranges::any_of(comparison.literals, [&](const Literal& literal) {
          return CompareWith(comparison.op, found.value, literal);
        });
    }
  });
}

bool HoldsFor(const Expression& expression, const Subject& subject) {
  const auto holds = [&](const Expression& operand) { return HoldsFor(operand, subject); };
  switch (expression.op) {
    case Op::kAnd:
      return std::ranges::all_of(expression.operands, holds);
    case Op::kOr:
      return std::ranges::any_of(expression.operands, holds);
    case Op::kNot:
      return !holds(expression.operands[0]);
    case Op::kSome:
      return HoldsForSome(expression, subject);
    case Op::kHasOdd:
      return IsOdd(expression.references[0], subject);
    default:
      return HoldsForValues(expression, subject);
  }
}

}  // namespace

bool Holds(const Expression& expression, const model::TraceData& trace, const model::Span& span) {
  return HoldsFor(expression, {trace, span});
}

}  // namespace clew::scan::testing
