#include "scan/filter_question.h"

#include <algorithm>
#include <span>
#include <string>
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
  const bool is_pattern = comparison.op == expr::Op::kMatches;
  const auto needed = is_pattern ? expr::NeededTexts::Of(*comparison.pattern) : nullptr;
  Node both{.op = Op::kAnd};
  for (const Reference& reference : comparison.references) {
    both.operands.push_back(MakePlaces(comparison, reference, needed));
  }
  return both;
}

// A value in the table of one owner suffices.
FilterQuestion::Node FilterQuestion::MakePlaces(const Expression& comparison,
                                                const Reference& reference,
                                                const expr::NeededTextsPtr& needed) {
  if (reference.field) {
    if (!IsFiltered(*reference.field)) return {};
    Node node = MakeValue(comparison, ValueKeys::OfField(*reference.field), needed);
    // Nothing is asked of a field that is there.
    return node.keys || node.needed ? node : Node();
  }
  Node any{.op = Op::kOr};
  for (const Owner owner : expr::OwnersOf(reference.scope)) {
    const auto of = ValueKeys::OfAttribute(owner, reference.key);
    Node& value = any.operands.emplace_back(MakeValue(comparison, of, needed));
    value.presence = of.Presence();
  }
  return any;
}

FilterQuestion::Node FilterQuestion::MakeValue(const Expression& comparison, const ValueKeys& of,
                                               const expr::NeededTextsPtr& needed) {
  Node value{.op = Op::kValue, .left_out = of.LeftOut(), .keys = EqualityKeys(of, comparison)};
  const std::vector<std::string> equal =
      value.keys ? EqualTexts(comparison) : std::vector<std::string>();
  const std::span<const std::string> texts = needed != nullptr ? needed->texts() : equal;
  if (value.keys || needed != nullptr) value.has_grams = of.HasGrams();
  value.needed = needed;
  for (const std::string& text : texts) {
    std::vector<std::uint64_t>& keys = value.texts.emplace_back();
    for (const Gram gram : GramsOf(text)) keys.push_back(of.OfGram(gram));
  }
  return value;
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
  if (value.keys && !may_have(value.left_out)) return std::ranges::any_of(*value.keys, may_have);
  const bool has_grams = value.has_grams && std::ranges::all_of(*value.has_grams, may_have);
  return !has_grams || MayHaveTexts(value, may_have);
}

bool FilterQuestion::MayHaveTexts(const Node& value, const KeyTest& may_have) {
  const auto may_be_there = [&may_have](const std::vector<std::uint64_t>& grams) {
    return std::ranges::all_of(grams, may_have);
  };
  if (value.needed == nullptr) return std::ranges::any_of(value.texts, may_be_there);
  std::vector<int> places;
  for (std::size_t i = 0; i < value.texts.size(); ++i) {
    if (may_be_there(value.texts[i])) places.push_back(static_cast<int>(i));
  }
  return value.needed->MayMatch(places);
}

bool MayHold(const Expression& expression, const KeyTest& may_have) {
  return FilterQuestion(expression).MayHold(may_have);
}

}  // namespace clew::scan
