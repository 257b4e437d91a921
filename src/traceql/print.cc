#include "traceql/print.h"

#include <cstddef>
#include <string_view>
#include <vector>

#include "traceql/names.h"

namespace clew::traceql {
namespace {

std::string Parenthesised(std::string text) { return '(' + std::move(text) + ')'; }

/// Operands of one level with their operator between them. Those to the left may be of the same
/// level as the operator, or for one that associates to the right those to the right.
template <typename Operand, typename LevelOfOperand>
std::string PrintInfix(std::string_view spelling, int level, bool is_right_associative,
                       const std::vector<Operand>& operands, const LevelOfOperand& level_of) {
  std::string text;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (i > 0) (text += ' ').append(spelling) += ' ';
    const bool is_inner_side = (i == 0) == is_right_associative;
    std::string operand = Print(operands[i]);
    const bool is_bare = level_of(operands[i]) >= level + (is_inner_side ? 1 : 0);
    text += is_bare ? operand : Parenthesised(std::move(operand));
  }
  return text;
}

/// Of any of the trees whose nodes are of an Op.
template <typename Expression>
std::string PrintBinary(const Expression& expression) {
  return PrintInfix(SpellingOf(expression.op), LevelOf(expression.op), expression.op == Op::kPower,
                    expression.operands,
                    [](const Expression& operand) { return LevelOf(operand.op); });
}

template <typename Items>
std::string PrintList(const Items& items) {
  std::string text;
  for (const auto& item : items) {
    if (!text.empty()) text += ", ";
    text += Print(item);
  }
  return text;
}

std::string PrintFilter(const FieldExpression& filter) { return "{ " + Print(filter) + " }"; }

std::string PrintFunction(const MetricsFunction& function) {
  std::string text(NameOf(function.kind));
  text += '(';
  if (function.kind == MetricsFunction::Kind::kCompare) text += PrintFilter(function.selection);
  if (function.attribute) text += Print(*function.attribute);
  for (const std::vector<Static>* numbers : {&function.quantiles, &function.bounds}) {
    for (const Static& number : *numbers) text += ", " + Print(number);
  }
  text += ')';
  if (!function.by.empty()) text += " by (" + PrintList(function.by) + ')';
  return text;
}

std::string PrintSecondStage(const SecondStage& stage) {
  if (stage.kind == SecondStage::Kind::kFilter) {
    return ' ' + std::string(SpellingOf(stage.op)) + ' ' + Print(stage.value);
  }
  const bool is_top = stage.kind == SecondStage::Kind::kTopK;
  return (is_top ? " | topk(" : " | bottomk(") + std::to_string(stage.limit) + ')';
}

std::string PrintStage(const Stage& stage) {
  switch (stage.kind) {
    case Stage::Kind::kSpansets:
      return Print(stage.spansets);
    case Stage::Kind::kScalarFilter:
      return Print(stage.filter.left) + ' ' + std::string(SpellingOf(stage.filter.op)) + ' ' +
             Print(stage.filter.right);
    case Stage::Kind::kBy:
      return "by(" + Print(stage.by) + ')';
    case Stage::Kind::kSelect:
      return "select(" + PrintList(stage.select) + ')';
    case Stage::Kind::kCoalesce:
      break;
  }
  return "coalesce()";
}

int LevelOfOperand(const SpansetExpression& expression) {
  return expression.kind == SpansetExpression::Kind::kOperator ? LevelOf(expression.op)
                                                               : kLeafLevel;
}

/// Series stand in parentheses, as does what is not finished before the operator: `(… > 5) * 2`.
int LevelOfOperand(const MetricsExpression& expression) {
  if (expression.op == Op::kStatic) return kLeafLevel;
  return expression.op == Op::kMetrics || !expression.seconds.empty() ? -1 : LevelOf(expression.op);
}

}  // namespace

std::string Print(const FieldExpression& expression) {
  switch (expression.op) {
    case Op::kStatic:
      return Print(expression.value);
    case Op::kAttribute:
      return Print(expression.attribute);
    case Op::kNot:
    case Op::kNegate: {
      const FieldExpression& operand = expression.operands[0];
      std::string text = Print(operand);
      // A value that is negative begins with a minus of its own.
      const bool is_bare = LevelOf(operand.op) > LevelOf(expression.op);
      if (!is_bare) text = Parenthesised(std::move(text));
      return std::string(SpellingOf(expression.op)) + text;
    }
    default:
      return PrintBinary(expression);
  }
}

std::string Print(const SpansetExpression& expression) {
  switch (expression.kind) {
    case SpansetExpression::Kind::kFilter:
      return PrintFilter(expression.filter);
    case SpansetExpression::Kind::kPipeline:
      return Parenthesised(Print(expression.pipeline));
    case SpansetExpression::Kind::kOperator:
      break;
  }
  return PrintInfix(SpellingOf(expression.op), LevelOf(expression.op), false, expression.operands,
                    [](const SpansetExpression& operand) { return LevelOfOperand(operand); });
}

std::string Print(const Pipeline& pipeline) {
  std::string text;
  for (const Stage& stage : pipeline) {
    if (!text.empty()) text += " | ";
    text += PrintStage(stage);
  }
  return text;
}

std::string Print(const Aggregate& aggregate) {
  const std::string argument = aggregate.argument ? Print(*aggregate.argument) : "";
  return std::string(NameOf(aggregate.kind)) + Parenthesised(argument);
}

std::string Print(const ScalarExpression& expression) {
  if (expression.op == Op::kStatic) return Print(expression.value);
  if (expression.op == Op::kAggregate) return Print(expression.aggregate);
  return PrintBinary(expression);
}

std::string Print(const MetricsExpression& expression) {
  if (expression.op == Op::kStatic) return Print(expression.value);
  std::string text = expression.op == Op::kMetrics
                         ? Print(expression.pipeline) + " | " + PrintFunction(expression.function)
                         : PrintInfix(SpellingOf(expression.op), LevelOf(expression.op), false,
                                      expression.operands, [](const MetricsExpression& operand) {
                                        return LevelOfOperand(operand);
                                      });
  for (const SecondStage& stage : expression.seconds) text += PrintSecondStage(stage);
  return text;
}

std::string Print(const Query& query) {
  std::string text = query.metrics ? Print(*query.metrics) : Print(query.pipeline);
  if (query.hints.empty()) return text;
  text += " with(";
  for (const Hint& hint : query.hints) {
    if (&hint != &query.hints.front()) text += ", ";
    text += hint.name + '=' + Print(hint.value);
  }
  return text + ')';
}

}  // namespace clew::traceql
