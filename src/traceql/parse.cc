#include "traceql/parse.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "traceql/field_parser.h"
#include "traceql/fold.h"
#include "traceql/lexer.h"
#include "traceql/metrics_parser.h"
#include "traceql/names.h"
#include "traceql/operand.h"

namespace clew::traceql {
namespace {

constexpr std::string_view kFirstStage = "{, (, an aggregate, by or select";
constexpr std::string_view kStage =
    "{, (, an aggregate, by, select, coalesce or a metrics function";

constexpr int kStagesMax = 1'000;

/// What a pipeline gives: sets of spans, or series. A lone number is only what parentheses hold.
using Parsed = std::variant<Pipeline, ScalarExpression, MetricsExpression>;

/// Recursion ends with kDepthMax.
class QueryParser {
 public:
  explicit QueryParser(Cursor* cursor) : cursor_(*cursor) {}

  Result<Query> Run() {
    ASSIGN_OR_RETURN(Parsed parsed, ParsePipeline(false));
    Query query;
    if (auto* const pipeline = std::get_if<Pipeline>(&parsed)) {
      query.pipeline = std::move(*pipeline);
    } else if (auto* const metrics = std::get_if<MetricsExpression>(&parsed)) {
      query.metrics = std::move(*metrics);
    } else {
      return cursor_.Unexpected("a comparison");
    }
    if (cursor_.IsWord("with")) {
      ASSIGN_OR_RETURN(query.hints, ParseHints());
    }
    if (!cursor_.IsAtEnd()) return cursor_.Unexpected(query.hints.empty() ? "| or $end" : "$end");
    return query;
  }

 private:
  /// Up to what can follow none. In parentheses it may be a scalar.
  Result<Parsed> ParsePipeline(bool is_nested) {
    Pipeline pipeline;
    do {
      if (++stages_ > kStagesMax) {
        return cursor_.Fail(cursor_.now().range.begin,
                            fmt::format("more than {} stages: join filters with &&", kStagesMax));
      }
      const std::string_view word =
          cursor_.now().kind == Token::Kind::kWord ? cursor_.now().text : std::string_view();
      const bool is_first = pipeline.empty();
      if (!is_first && FindMetricsFunction(word)) return ParseSeries(std::move(pipeline));
      if (word == "by" || word == "select" || (word == "coalesce" && !is_first)) {
        ASSIGN_OR_RETURN(pipeline.emplace_back(), ParseStage());
        continue;
      }
      const Token& token = cursor_.now();
      const std::uint32_t begin = token.range.begin;
      ASSIGN_OR_RETURN(Operand operand, ParseOperand(0, is_first ? kFirstStage : kStage));
      if (auto* const metrics = std::get_if<MetricsExpression>(&operand)) {
        if (!is_first) return Mismatch(token, "a stage that gives spans");
        TRY(ParseSecondStages(&cursor_, &metrics->seconds));
        return std::move(*metrics);
      }
      const auto* const scalar = std::get_if<ScalarExpression>(&operand);
      if (scalar != nullptr && is_nested && cursor_.IsSign(")")) {
        if (is_first) return std::move(*std::get_if<ScalarExpression>(&operand));
        return cursor_.Fail(begin, "scalar pipeline expressions not yet supported");
      }
      ASSIGN_OR_RETURN(pipeline.emplace_back(), MakeStage(begin, std::move(operand)));
    } while (cursor_.Accept("|"));
    return pipeline;
  }

  /// Of a set of spans, or the filter that a scalar begins.
  Result<Stage> MakeStage(std::uint32_t begin, Operand operand) {
    Stage stage;
    if (auto* const spansets = std::get_if<SpansetExpression>(&operand)) {
      stage.spansets = std::move(*spansets);
    } else {
      stage.kind = Stage::Kind::kScalarFilter;
      ASSIGN_OR_RETURN(stage.filter, ParseScalarFilter(std::move(operand)));
    }
    stage.place = cursor_.PlaceFrom(begin);
    return stage;
  }

  Result<ScalarFilter> ParseScalarFilter(Operand left) {
    const std::optional<Op> op = PlainComparisonAt(cursor_);
    if (!op) return cursor_.Unexpected("a comparison");
    cursor_.Skip();
    ScalarFilter filter{.op = *op, .left = std::move(std::get<ScalarExpression>(left))};
    const Token& right_token = cursor_.now();
    const std::string_view expected = ExpectedAfter(filter.left);
    ASSIGN_OR_RETURN(Operand right, ParseOperand(0, expected));
    auto* const scalar = std::get_if<ScalarExpression>(&right);
    if (scalar == nullptr) return Mismatch(right_token, expected);
    filter.right = std::move(*scalar);
    if (!HasAggregate(filter.left) && !HasAggregate(filter.right)) {
      return cursor_.Unexpected("an aggregate on one side");
    }
    return filter;
  }

  Result<MetricsExpression> ParseSeries(Pipeline pipeline) {
    MetricsExpression series{.pipeline = std::move(pipeline)};
    const std::uint32_t begin = series.pipeline.front().place.begin;
    ASSIGN_OR_RETURN(series.function, ParseFunction());
    TRY(ParseSecondStages(&cursor_, &series.seconds));
    series.place = cursor_.PlaceFrom(begin);
    return series;
  }

  Result<MetricsFunction> ParseFunction() {
    if (cursor_.IsWord(NameOf(MetricsFunction::Kind::kCompare))) return ParseCompare();
    return ParseMetricsFunction(&cursor_);
  }

  /// `compare({ … }, 10, 1, 2)`.
  Result<MetricsFunction> ParseCompare() {
    MetricsFunction function{.kind = MetricsFunction::Kind::kCompare};
    cursor_.Skip();
    TRY(cursor_.Expect("("));
    ASSIGN_OR_RETURN(function.selection, ParseFilter());
    // A start has an end behind it.
    while (function.bounds.size() < 3 && cursor_.Accept(",")) {
      ASSIGN_OR_RETURN(Static bound, ParseStatic(&cursor_));
      function.bounds.push_back(std::move(bound));
    }
    TRY(cursor_.Expect(function.bounds.size() == 2 ? "," : ")"));
    return function;
  }

  Result<Stage> ParseStage() {
    const std::uint32_t begin = cursor_.now().range.begin;
    const std::string_view word = cursor_.now().text;
    Stage stage;
    cursor_.Skip();
    TRY(cursor_.Expect("("));
    if (word == "by") {
      stage.kind = Stage::Kind::kBy;
      ASSIGN_OR_RETURN(stage.by, ParseField(&cursor_));
    } else if (word == "select") {
      stage.kind = Stage::Kind::kSelect;
      ASSIGN_OR_RETURN(stage.select, ParseAttributes(&cursor_));
    } else {
      stage.kind = Stage::Kind::kCoalesce;
    }
    TRY(cursor_.Expect(")"));
    stage.place = cursor_.PlaceFrom(begin);
    return stage;
  }

  /// Precedence climbing, over whatever the operands turn out to be.
  Result<Operand> ParseOperand(int level_min, std::string_view expecting) {
    const Nesting nesting(&cursor_);
    TRY(nesting.Check());
    ASSIGN_OR_RETURN(Operand left, ParsePrimary(expecting));
    while (cursor_.now().kind == Token::Kind::kSign) {
      const std::string_view spelling = cursor_.now().text;
      if (!CanCombine(left, spelling) || LevelOf(left, spelling) < level_min) break;
      const std::uint32_t op_at = cursor_.now().range.begin;
      cursor_.Skip();
      const Token& right_token = cursor_.now();
      const int level = LevelOf(left, spelling) + (spelling == "^" ? 0 : 1);
      const std::string_view expected = ExpectedAfter(left);
      ASSIGN_OR_RETURN(Operand right, ParseOperand(level, expected));
      Result<Operand> both = Combine(std::move(left), spelling, std::move(right));
      if (!both) {
        return both.error().message.empty() ? Mismatch(right_token, expected)
                                            : cursor_.Fail(op_at, both.error().message);
      }
      left = std::move(*both);
      TRY(cursor_.CheckDepth(DepthOf(left)));
    }
    return left;
  }

  std::unexpected<Error> Mismatch(const Token& token, std::string_view expected) const {
    std::string text = "syntax error: unexpected ";
    text += token.text;
    return cursor_.Fail(token.range.begin, text.append(", expecting ").append(expected));
  }

  Result<Operand> ParsePrimary(std::string_view expecting) {
    const std::uint32_t begin = cursor_.now().range.begin;
    if (cursor_.IsSign("{")) {
      SpansetExpression filter;
      ASSIGN_OR_RETURN(filter.filter, ParseFilter());
      filter.place = cursor_.PlaceFrom(begin);
      return filter;
    }
    if (cursor_.Accept("(")) return ParseParenthesised(begin);
    if (cursor_.Accept("-")) return ParseNegated(begin);
    const Token& token = cursor_.now();
    if (token.kind == Token::Kind::kWord && FindAggregate(token.text)) return ParseAggregate();
    std::optional<Static> value = StaticAt(token);
    if (!value || !value->is_number()) return cursor_.Unexpected(expecting);
    cursor_.Skip();
    return ScalarExpression{.value = std::move(*value), .place = cursor_.PlaceFrom(begin)};
  }

  /// The minus has been passed.
  Result<Operand> ParseNegated(std::uint32_t begin) {
    const Nesting nesting(&cursor_);
    TRY(nesting.Check());
    ASSIGN_OR_RETURN(Operand operand, ParsePrimary("a number"));
    const auto* const scalar = std::get_if<ScalarExpression>(&operand);
    std::optional<Static> negated;
    if (scalar != nullptr && scalar->op == Op::kStatic) negated = Fold(Op::kNegate, scalar->value);
    if (!negated)
      return cursor_.Fail(begin, "syntax error: unexpected -, expecting a number behind it");
    return ScalarExpression{.value = std::move(*negated), .place = cursor_.PlaceFrom(begin)};
  }

  /// `{ … }`.
  Result<FieldExpression> ParseFilter() {
    TRY(cursor_.Expect("{"));
    if (cursor_.Accept("}")) return Leaf(Static::Bool(true));
    ASSIGN_OR_RETURN(FieldExpression filter, ParseField(&cursor_));
    if (!cursor_.Accept("}")) return cursor_.Unexpected("an operator or }");
    return filter;
  }

  Result<Operand> ParseParenthesised(std::uint32_t begin) {
    ASSIGN_OR_RETURN(Parsed parsed, ParsePipeline(true));
    if (!cursor_.Accept(")")) return cursor_.Unexpected("an operator or )");
    if (auto* const scalar = std::get_if<ScalarExpression>(&parsed)) return std::move(*scalar);
    if (auto* const metrics = std::get_if<MetricsExpression>(&parsed)) {
      return std::move(*metrics);
    }
    auto& pipeline = std::get<Pipeline>(parsed);
    if (pipeline.size() == 1 && pipeline[0].kind == Stage::Kind::kSpansets) {
      SpansetExpression inside = std::move(pipeline[0].spansets);
      inside.place = cursor_.PlaceFrom(begin);
      return inside;
    }
    SpansetExpression nested{.kind = SpansetExpression::Kind::kPipeline, .pipeline = {}};
    for (const Stage& stage : pipeline) nested.depth = std::max(nested.depth, DepthOf(stage) + 1);
    TRY(cursor_.CheckDepth(nested.depth));
    nested.pipeline = std::move(pipeline);
    nested.place = cursor_.PlaceFrom(begin);
    return nested;
  }

  static int DepthOf(const Stage& stage) {
    return stage.kind == Stage::Kind::kSpansets ? stage.spansets.depth : 1;
  }
  static int DepthOf(const Operand& operand) { return traceql::DepthOf(operand); }

  Result<Operand> ParseAggregate() {
    const std::uint32_t begin = cursor_.now().range.begin;
    ScalarExpression scalar{.op = Op::kAggregate};
    scalar.aggregate.kind = *FindAggregate(cursor_.now().text);
    cursor_.Skip();
    TRY(cursor_.Expect("("));
    if (scalar.aggregate.kind == Aggregate::Kind::kCount) {
      if (!cursor_.IsSign(")")) {
        ASSIGN_OR_RETURN(Attribute attribute, ParseAttribute(&cursor_));
        scalar.aggregate.argument = Leaf(std::move(attribute));
      }
    } else {
      ASSIGN_OR_RETURN(scalar.aggregate.argument, ParseField(&cursor_));
    }
    TRY(cursor_.Expect(")"));
    scalar.place = cursor_.PlaceFrom(begin);
    return scalar;
  }

  Result<std::vector<Hint>> ParseHints() {
    std::vector<Hint> hints;
    cursor_.Skip();
    TRY(cursor_.Expect("("));
    do {
      if (cursor_.now().kind != Token::Kind::kWord) return cursor_.Unexpected("IDENTIFIER");
      Hint& hint = hints.emplace_back();
      hint.name = cursor_.now().text;
      cursor_.Skip();
      TRY(cursor_.Expect("="));
      ASSIGN_OR_RETURN(hint.value, ParseStatic(&cursor_));
    } while (cursor_.Accept(","));
    TRY(cursor_.Expect(")"));
    return hints;
  }

  Cursor& cursor_;
  /// In all pipelines: each takes a kilobyte.
  int stages_ = 0;
};

}  // namespace

Result<Query> Parse(std::string_view text, std::size_t bytes_max) {
  if (text.size() > bytes_max) {
    return InvalidArgument(
        "invalid TraceQL query: TraceQL expression exceeds the configured maximum size of {} "
        "bytes, it has {}: shorten it",
        bytes_max, text.size());
  }
  const std::vector<Token> tokens = Lex(text);
  Cursor cursor(text, tokens);
  return QueryParser(&cursor).Run();
}

}  // namespace clew::traceql
