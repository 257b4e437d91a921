#include "traceql/evaluate/testing/plain_shown.h"

#include <algorithm>

#include "traceql/evaluate/testing/plain_fields.h"

namespace clew::traceql::evaluate::testing {
namespace {

using Attributes = std::vector<Attribute>;

void Add(const Pipeline& pipeline, Attributes* all);

void Add(const Attribute& attribute, Attributes* all) {
  if (std::ranges::find(*all, attribute) == all->end()) all->push_back(attribute);
}

void Add(const FieldExpression& expression, Attributes* all) {
  if (expression.op == Op::kAttribute) Add(expression.attribute, all);
  for (const FieldExpression& operand : expression.operands) Add(operand, all);
}

void Add(const SpansetExpression& expression, Attributes* all) {
  Add(expression.filter, all);
  for (const SpansetExpression& operand : expression.operands) Add(operand, all);
  Add(expression.pipeline, all);
}

void Add(const ScalarExpression& expression, Attributes* all) {
  if (expression.aggregate.argument) Add(*expression.aggregate.argument, all);
  for (const ScalarExpression& operand : expression.operands) Add(operand, all);
}

void Add(const Pipeline& pipeline, Attributes* all) {
  for (const Stage& stage : pipeline) {
    Add(stage.spansets, all);
    Add(stage.filter.left, all);
    Add(stage.filter.right, all);
    Add(stage.by, all);
    for (const Attribute& attribute : stage.select) Add(attribute, all);
  }
}

/// Sheet 11.3: they have dedicated fields.
bool HasOwnField(const Attribute& attribute) {
  constexpr Intrinsic kOwnFields[] = {Intrinsic::kName,          Intrinsic::kDuration,
                                      Intrinsic::kTraceDuration, Intrinsic::kRootName,
                                      Intrinsic::kRootService,   Intrinsic::kTraceId,
                                      Intrinsic::kSpanId};
  return std::ranges::find(kOwnFields, attribute.intrinsic) != std::end(kOwnFields);
}

}  // namespace

std::vector<Attribute> PlainAsked(const Pipeline& pipeline) {
  Attributes all;
  Add(pipeline, &all);
  return all;
}

std::vector<PlainShown> PlainShownOf(const Pipeline& pipeline, const model::TraceData& trace,
                                     std::size_t span, Naming naming) {
  std::vector<PlainShown> shown;
  for (const Attribute& attribute : PlainAsked(pipeline)) {
    if (HasOwnField(attribute)) continue;
    const std::string sent_name = PlainNameOf(attribute, trace, span, naming);
    Attribute named = attribute;
    if (!sent_name.empty()) named.name = sent_name;
    // Without its scope, unless it is of another span.
    const bool is_plain = named.intrinsic == Intrinsic::kNone && named.whose == Whose::kOwn;
    const FieldExpression leaf = Leaf(attribute);
    // Reading an attribute does not fail.
    shown.push_back(
        {is_plain ? named.name : Print(named), PlainEvaluate(leaf, trace, span, naming).value()});
  }
  return shown;
}

}  // namespace clew::traceql::evaluate::testing
