#include "scan/filter_question.h"

#include <algorithm>
#include <utility>

#include "scan/equality_keys.h"
#include "scan/value_keys.h"

namespace clew::scan {

using expr::Expression;
using expr::Reference;
using model::Owner;

FilterQuestion::FilterQuestion(const Expression& expression) : root_(Make(expression)) {}

bool FilterQuestion::MayHold(const KeyTest& may_have) const {
  return ExtentOf(root_, may_have) != Extent::kNone;
}

bool FilterQuestion::CanHold() const {
  return MayHold([](std::uint64_t) { return true; });
}

// Recursion ends with the depth of the expression.
FilterQuestion::Node FilterQuestion::Make(const Expression& expression) {
  Node node;
  switch (expression.op) {
    case expr::Op::kAnd:
      node.op = Op::kAnd;
      break;
    case expr::Op::kOr:
      node.op = Op::kOr;
      break;
    case expr::Op::kNot:
      node.op = Op::kNot;
      break;
    case expr::Op::kSome:
      node.op = Op::kSome;
      break;
    default:
      return MakeComparison(expression);
  }
  for (const Expression& operand : expression.operands) node.operands.push_back(Make(operand));
  return node;
}

// Holds only where each side has a value.
FilterQuestion::Node FilterQuestion::MakeComparison(const Expression& comparison) {
  Node both{.op = Op::kAnd};
  for (const Reference& reference : comparison.references) {
    both.operands.push_back(MakePlaces(comparison, reference));
  }
  return both;
}

// A value in the table of one owner suffices.
FilterQuestion::Node FilterQuestion::MakePlaces(const Expression& comparison,
                                                const Reference& reference) {
  const auto value = [&](const ValueKeys& of, std::optional<std::uint64_t> presence) {
    return Node{.op = Op::kValue,
                .presence = presence,
                .left_out = of.LeftOut(),
                .keys = EqualityKeys(of, comparison)};
  };
  if (reference.field) {
    if (!IsFiltered(*reference.field)) return {};
    Node node = value(ValueKeys::OfField(*reference.field), std::nullopt);
    // Nothing is asked of a field that is there.
    return node.keys ? node : Node();
  }
  Node any{.op = Op::kOr};
  for (const Owner owner : expr::OwnersOf(reference.scope)) {
    const auto of = ValueKeys::OfAttribute(owner, reference.key);
    any.operands.push_back(value(of, of.Presence()));
  }
  return any;
}

FilterQuestion::Extent FilterQuestion::ExtentOf(const Node& node, const KeyTest& may_have) {
  switch (node.op) {
    case Op::kAnd:
    case Op::kOr:
      return ExtentOfGroup(node, may_have);
    case Op::kNot:
      switch (ExtentOf(node.operands[0], may_have)) {
        case Extent::kNone:
          return Extent::kAll;
        case Extent::kAll:
          return Extent::kNone;
        case Extent::kUnknown:
          break;
      }
      return Extent::kUnknown;
    case Op::kSome:
      // What holds for every event says nothing of spans without one.
      return ExtentOf(node.operands[0], may_have) == Extent::kNone ? Extent::kNone
                                                                   : Extent::kUnknown;
    case Op::kValue:
      return MayHaveValue(node, may_have) ? Extent::kUnknown : Extent::kNone;
    case Op::kUnknown:
      break;
  }
  return Extent::kUnknown;
}

FilterQuestion::Extent FilterQuestion::ExtentOfGroup(const Node& group, const KeyTest& may_have) {
  // By it the others do not matter.
  const Extent decisive = group.op == Op::kAnd ? Extent::kNone : Extent::kAll;
  Extent all = group.op == Op::kAnd ? Extent::kAll : Extent::kNone;
  for (const Node& operand : group.operands) {
    const Extent extent = ExtentOf(operand, may_have);
    if (extent == decisive) return decisive;
    if (extent == Extent::kUnknown) all = Extent::kUnknown;
  }
  return all;
}

bool FilterQuestion::MayHaveValue(const Node& value, const KeyTest& may_have) {
  if (value.presence && !may_have(*value.presence)) return false;
  if (!value.keys || may_have(value.left_out)) return true;
  return std::ranges::any_of(*value.keys, may_have);
}

bool MayHold(const Expression& expression, const KeyTest& may_have) {
  return FilterQuestion(expression).MayHold(may_have);
}

}  // namespace clew::scan
