#include "traceql/metrics_parser.h"

#include <fmt/format.h>

#include <utility>

#include "traceql/field_parser.h"
#include "traceql/fold.h"
#include "traceql/names.h"

namespace clew::traceql {
namespace {

using Kind = MetricsFunction::Kind;

Result<Static> Negated(const Cursor& cursor, const Static& number) {
  std::optional<Static> negated = Fold(Op::kNegate, number);
  if (!negated) return cursor.Fail(cursor.now().range.begin, "number is out of range");
  return std::move(*negated);
}

/// Numbers and arithmetic over them, which gives a number. Recursion ends with kDepthMax.
Result<Static> ParseConstant(Cursor* cursor, int level_min) {
  const Nesting nesting(cursor);
  TRY(nesting.Check());
  Static left;
  if (cursor->Accept("(")) {
    ASSIGN_OR_RETURN(left, ParseConstant(cursor, 0));
    TRY(cursor->Expect(")"));
  } else if (cursor->Accept("-")) {
    ASSIGN_OR_RETURN(left, ParseConstant(cursor, kNegateLevel));
    ASSIGN_OR_RETURN(left, Negated(*cursor, left));
  } else {
    const std::optional<Static> value = StaticAt(cursor->now());
    if (!value || !value->is_number()) return cursor->Unexpected("a number");
    left = *value;
    cursor->Skip();
  }
  while (cursor->now().kind == Token::Kind::kSign) {
    const std::optional<Op> op = FindBinaryOp(cursor->now().text);
    if (!op || !IsArithmetic(*op) || LevelOf(*op) < level_min) break;
    const std::uint32_t op_at = cursor->now().range.begin;
    cursor->Skip();
    ASSIGN_OR_RETURN(const Static right,
                     ParseConstant(cursor, LevelOf(*op) + (*op == Op::kPower ? 0 : 1)));
    std::optional<Static> value = Fold(*op, left, right);
    if (!value) {
      const bool is_zero = right.AsReal() == 0;
      return cursor->Fail(op_at, !is_zero             ? "number is out of range"
                                 : *op == Op::kModulo ? "modulo by zero"
                                                      : "division by zero");
    }
    left = std::move(*value);
  }
  return left;
}

/// `| topk(5)`; the bar has been passed.
Result<SecondStage> ParseRanked(Cursor* cursor) {
  SecondStage stage;
  if (cursor->IsWord("bottomk")) {
    stage.kind = SecondStage::Kind::kBottomK;
  } else if (!cursor->IsWord("topk")) {
    return cursor->Unexpected("topk or bottomk");
  }
  cursor->Skip();
  TRY(cursor->Expect("("));
  const Token& token = cursor->now();
  const auto* const limit = std::get_if<Static>(&token.content);
  if (limit == nullptr || limit->type != Type::kInt) return cursor->Unexpected("INTEGER");
  stage.limit = limit->number;
  cursor->Skip();
  TRY(cursor->Expect(")"));
  return stage;
}

Status ParseQuantiles(Cursor* cursor, std::vector<Static>* quantiles) {
  TRY(cursor->Expect(","));
  do {
    const std::uint32_t begin = cursor->now().range.begin;
    ASSIGN_OR_RETURN(Static quantile, ParseStatic(cursor));
    if (quantile.type != Type::kInt && quantile.type != Type::kFloat) {
      return cursor->Fail(begin, fmt::format("syntax error: unexpected {}, expecting a number from "
                                             "0 to 1",
                                             Print(quantile)));
    }
    quantiles->push_back(std::move(quantile));
  } while (cursor->Accept(","));
  return {};
}

}  // namespace

std::optional<Op> PlainComparisonAt(const Cursor& cursor) {
  if (cursor.now().kind != Token::Kind::kSign) return std::nullopt;
  const std::optional<Op> op = FindBinaryOp(cursor.now().text);
  return op && IsPlainComparison(*op) ? op : std::nullopt;
}

Status ParseSecondStages(Cursor* cursor, std::vector<SecondStage>* seconds) {
  while (true) {
    if (const std::optional<Op> op = PlainComparisonAt(*cursor)) {
      cursor->Skip();
      SecondStage stage{.kind = SecondStage::Kind::kFilter, .op = *op};
      ASSIGN_OR_RETURN(stage.value, ParseConstant(cursor, 0));
      seconds->push_back(std::move(stage));
    } else if (cursor->Accept("|")) {
      ASSIGN_OR_RETURN(SecondStage stage, ParseRanked(cursor));
      seconds->push_back(std::move(stage));
    } else {
      return {};
    }
  }
}

Result<MetricsFunction> ParseMetricsFunction(Cursor* cursor) {
  MetricsFunction function{.kind = *FindMetricsFunction(cursor->now().text)};
  cursor->Skip();
  TRY(cursor->Expect("("));
  if (function.kind != Kind::kRate && function.kind != Kind::kCountOverTime) {
    ASSIGN_OR_RETURN(function.attribute, ParseAttribute(cursor));
  }
  if (function.kind == Kind::kQuantileOverTime) {
    TRY(ParseQuantiles(cursor, &function.quantiles));
  }
  TRY(cursor->Expect(")"));
  if (!cursor->IsWord("by")) return function;
  cursor->Skip();
  TRY(cursor->Expect("("));
  ASSIGN_OR_RETURN(function.by, ParseAttributes(cursor));
  TRY(cursor->Expect(")"));
  return function;
}

}  // namespace clew::traceql
