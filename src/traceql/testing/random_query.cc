#include "traceql/testing/random_query.h"

#include <array>
#include <utility>
#include <variant>

#include "traceql/fold.h"
#include "traceql/operand.h"

namespace clew::traceql {
namespace {

constexpr Op kBinaryOps[] = {Op::kAnd,     Op::kOr,         Op::kEqual,    Op::kNotEqual,
                             Op::kMatches, Op::kNotMatches, Op::kLess,     Op::kLessOrEqual,
                             Op::kGreater, Op::kAdd,        Op::kSubtract, Op::kMultiply,
                             Op::kDivide,  Op::kModulo,     Op::kPower,    Op::kGreaterOrEqual};
constexpr Op kComparisons[] = {Op::kEqual,       Op::kNotEqual, Op::kLess,
                               Op::kLessOrEqual, Op::kGreater,  Op::kGreaterOrEqual};
constexpr std::string_view kSpansetOps[] = {"&&", "||",  ">",   ">>",  "<",   "<<",
                                            "~",  "!>",  "!>>", "!<",  "!<<", "!~",
                                            "&>", "&>>", "&<",  "&<<", "&~"};
constexpr std::string_view kSums[] = {"+", "-", "*", "/"};

}  // namespace

std::string RandomQuery::Name() {
  // Letters, and whatever means something elsewhere.
  constexpr std::string_view kPieces[] = {"a",     "b", "5",  ".",    "span.",  "resource.", "-",
                                          "größe", " ", "\"", "\\",   "}",      "=",         "//",
                                          "\n",    "*", "\t", "\xff", "parent", ":",         "^"};
  std::string name;
  for (std::size_t left = 1 + Below(4); left > 0; --left) name += OneOf(kPieces);
  return name;
}

Static RandomQuery::Number(bool is_duration_too) {
  const auto bits = static_cast<std::int64_t>(random_());
  const std::int64_t whole = Chance(4) ? bits : bits % 1'000;
  switch (Below(is_duration_too ? 3 : 2)) {
    case 0:
      return Static::Int(whole);
    case 1:
      return Static::Float(Chance(3) ? static_cast<double>(whole)
                                     : static_cast<double>(bits) / 1e12 * 1e-9);
    default:
      return Static::Duration(Chance(2) ? whole : bits / 2);
  }
}

Static RandomQuery::Value() {
  switch (Below(5)) {
    case 0:
      return Static::String(Name());
    case 1:
      return Static::Bool(Chance(2));
    case 2:
      return Static::Nil();
    case 3:
      return *Static::Word(OneOf(std::to_array<std::string_view>({"ok", "error", "server"})));
    default:
      return Number(true);
  }
}

Attribute RandomQuery::AnyAttribute() {
  if (Chance(3)) {
    return {.intrinsic = AllIntrinsics()[Below(AllIntrinsics().size())].intrinsic};
  }
  const auto whose = static_cast<Whose>(Below(3));
  const auto scope = static_cast<Scope>(Below(whose == Whose::kOwn ? 6 : 3));
  return {.whose = whose, .scope = scope, .name = Name()};
}

std::vector<Attribute> RandomQuery::Attributes() {
  std::vector<Attribute> attributes;
  for (std::size_t left = 1 + Below(3); left > 0; --left) attributes.push_back(AnyAttribute());
  return attributes;
}

FieldExpression RandomQuery::Field(int depth) {
  if (depth == 0 || Chance(4)) return Chance(2) ? Leaf(Value()) : Leaf(AnyAttribute());
  if (Chance(5)) return Unary(Chance(2) ? Op::kNot : Op::kNegate, Field(depth - 1));
  FieldExpression left = Field(depth - 1);
  return Binary(OneOf(kBinaryOps), std::move(left), Field(depth - 1));
}

SpansetExpression RandomQuery::Filter() { return {.filter = Field(2), .pipeline = {}}; }

SpansetExpression RandomQuery::Spansets(int depth) {
  if (depth == 0 || Chance(3)) return Filter();
  if (Chance(4)) {
    Pipeline inside = Stages(depth - 1);
    if (inside.size() == 1 && inside[0].kind == Stage::Kind::kSpansets) {
      return std::move(inside[0].spansets);
    }
    return {.kind = SpansetExpression::Kind::kPipeline, .pipeline = std::move(inside)};
  }
  SpansetExpression left = Spansets(depth - 1);
  Result<Operand> both = Combine(std::move(left), OneOf(kSpansetOps), Spansets(depth - 1));
  return std::get<SpansetExpression>(std::move(*both));
}

ScalarExpression RandomQuery::Scalar(int depth) {
  if (depth == 0 || Chance(3)) {
    if (Chance(2)) return {.value = Number(true)};
    ScalarExpression leaf{.op = Op::kAggregate};
    leaf.aggregate.kind = static_cast<Aggregate::Kind>(Below(5));
    const bool is_count = leaf.aggregate.kind == Aggregate::Kind::kCount;
    if (!is_count) leaf.aggregate.argument = Field(2);
    if (is_count && Chance(2)) leaf.aggregate.argument = Leaf(AnyAttribute());
    return leaf;
  }
  constexpr std::string_view kOps[] = {"+", "-", "*", "/", "%", "^"};
  ScalarExpression left = Scalar(depth - 1);
  Result<Operand> both = Combine(std::move(left), OneOf(kOps), Scalar(depth - 1));
  // What has no value is none.
  return both ? std::get<ScalarExpression>(std::move(*both)) : Scalar(0);
}

Stage RandomQuery::AnyStage(int depth, bool is_first) {
  Stage stage;
  switch (Below(is_first ? 8 : 9)) {
    case 0:
      stage.kind = Stage::Kind::kBy;
      stage.by = Field(2);
      break;
    case 1:
      stage.kind = Stage::Kind::kSelect;
      stage.select = Attributes();
      break;
    case 2:
    case 3:
      stage.kind = Stage::Kind::kScalarFilter;
      stage.filter = {.op = OneOf(kComparisons), .left = Scalar(2), .right = Scalar(2)};
      while (!HasAggregate(stage.filter.left)) stage.filter.left = Scalar(2);
      if (Chance(3)) std::swap(stage.filter.left, stage.filter.right);
      break;
    case 8:
      stage.kind = Stage::Kind::kCoalesce;
      break;
    default:
      stage.spansets = Spansets(depth);
  }
  return stage;
}

Pipeline RandomQuery::Stages(int depth) {
  Pipeline pipeline;
  for (std::size_t left = 1 + Below(3); left > 0; --left) {
    pipeline.push_back(AnyStage(depth, pipeline.empty()));
  }
  return pipeline;
}

MetricsFunction RandomQuery::Function() {
  using Kind = MetricsFunction::Kind;
  MetricsFunction function{.kind = static_cast<Kind>(Below(9))};
  if (function.kind == Kind::kCompare) {
    function.selection = Field(2);
    const std::size_t count = OneOf(std::to_array<std::size_t>({0, 1, 3}));
    while (function.bounds.size() < count) function.bounds.push_back(Number(true));
    return function;
  }
  if (function.kind > Kind::kCountOverTime) function.attribute = AnyAttribute();
  if (function.kind == Kind::kQuantileOverTime) {
    for (std::size_t left = 1 + Below(3); left > 0; --left) {
      function.quantiles.push_back(Number(false));
    }
  }
  if (Chance(2)) function.by = Attributes();
  return function;
}

std::vector<SecondStage> RandomQuery::SecondStages() {
  std::vector<SecondStage> stages;
  for (std::size_t left = Below(3); left > 0; --left) {
    SecondStage stage{.kind = static_cast<SecondStage::Kind>(Below(3))};
    if (stage.kind == SecondStage::Kind::kFilter) {
      stage.op = OneOf(kComparisons);
      stage.value = Number(true);
    } else {
      stage.limit = static_cast<std::int64_t>(Below(100));
    }
    stages.push_back(stage);
  }
  return stages;
}

MetricsExpression RandomQuery::Series(int depth) {
  MetricsExpression series;
  if (depth == 0 || Chance(2)) {
    series.pipeline = Stages(1);
    series.function = Function();
  } else {
    Operand left = Series(depth - 1);
    Operand right = Series(depth - 1);
    if (Chance(3)) (Chance(2) ? left : right) = ScalarExpression{.value = Number(false)};
    series = std::get<MetricsExpression>(*Combine(std::move(left), OneOf(kSums), std::move(right)));
  }
  series.seconds = SecondStages();
  return series;
}

Query RandomQuery::Next() {
  Query query;
  if (Chance(2)) {
    query.metrics = Series(2);
  } else {
    query.pipeline = Stages(2);
  }
  for (std::size_t left = Chance(4) ? 1 + Below(2) : 0; left > 0; --left) {
    query.hints.push_back({.name = "hint", .value = Value()});
  }
  return query;
}

}  // namespace clew::traceql
