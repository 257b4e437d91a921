#include "traceql/check.h"

#include <string>
#include <string_view>

#include "base/excerpt.h"
#include "expr/pattern.h"
#include "traceql/print.h"

namespace clew::traceql {
namespace {

bool IsNumber(Type type) {
  return type == Type::kInt || type == Type::kFloat || type == Type::kDuration;
}

bool AreAlike(Type left, Type right) {
  if (left == Type::kAttribute || right == Type::kAttribute) return true;
  if (left == Type::kNil || right == Type::kNil) return true;
  return left == right || (IsNumber(left) && IsNumber(right));
}

/// Whether the operator is there for values of the type.
bool Takes(Op op, Type type) {
  const bool is_equality = op == Op::kEqual || op == Op::kNotEqual;
  switch (type) {
    case Type::kAttribute:
      return true;
    case Type::kBool:
      return is_equality || IsLogic(op);
    case Type::kInt:
    case Type::kFloat:
    case Type::kDuration:
      return IsPlainComparison(op) || IsArithmetic(op);
    case Type::kString:
      return IsComparison(op);
    default:
      return is_equality;
  }
}

template <typename Part>
std::unexpected<Error> Wrong(std::string_view what, const Part& part) {
  return InvalidArgument("invalid TraceQL query: {}: {}", what,
                         base::Excerpt(Print(part), base::kExplanationBytesMax));
}

std::unexpected<Error> Wrong(std::string_view what) {
  return InvalidArgument("invalid TraceQL query: {}", what);
}

class Checker {
 public:
  explicit Checker(PatternsUsed* used) : used_(*used) {}

  Status CheckPipeline(const Pipeline& pipeline) {
    for (const Stage& stage : pipeline) TRY(CheckStage(stage));
    return {};
  }

  Status CheckMetrics(const MetricsExpression& metrics) {
    for (const MetricsExpression& operand : metrics.operands) {
      TRY(CheckMetrics(operand));
      if (IsCompare(operand)) return FollowsCompare();
    }
    if (metrics.op == Op::kMetrics) {
      TRY(CheckPipeline(metrics.pipeline));
      TRY(CheckFunction(metrics.function));
      if (IsCompare(metrics) && !metrics.seconds.empty()) return FollowsCompare();
    }
    for (const SecondStage& stage : metrics.seconds) {
      const bool is_ranked = stage.kind != SecondStage::Kind::kFilter;
      if (is_ranked && stage.limit < 1) return Wrong("limit must be greater than 0");
    }
    return {};
  }

  Status CheckFilter(const FieldExpression& filter) {
    TRY(CheckField(filter));
    const Type type = TypeOf(filter);
    if (type == Type::kBool || type == Type::kAttribute) return {};
    return Wrong("span filter field expressions must resolve to a boolean", filter);
  }

 private:
  static bool IsCompare(const MetricsExpression& metrics) {
    return metrics.op == Op::kMetrics && metrics.function.kind == MetricsFunction::Kind::kCompare;
  }
  static std::unexpected<Error> FollowsCompare() {
    return Wrong("`compare()` cannot be used with second stage functions");
  }

  Status CheckStage(const Stage& stage) {
    switch (stage.kind) {
      case Stage::Kind::kSpansets:
        return CheckSpansets(stage.spansets);
      case Stage::Kind::kScalarFilter:
        TRY(CheckScalar(stage.filter.left));
        return CheckScalar(stage.filter.right);
      case Stage::Kind::kBy:
        TRY(CheckField(stage.by));
        if (!RefersToSpan(stage.by)) {
          return Wrong("grouping field expressions must reference the span", stage.by);
        }
        return {};
      case Stage::Kind::kSelect:
        for (const Attribute& attribute : stage.select) TRY(CheckAttribute(attribute));
        return {};
      case Stage::Kind::kCoalesce:
        break;
    }
    return {};
  }

  Status CheckSpansets(const SpansetExpression& spansets) {
    for (const SpansetExpression& operand : spansets.operands) TRY(CheckSpansets(operand));
    return spansets.kind == SpansetExpression::Kind::kFilter ? CheckFilter(spansets.filter)
                                                             : CheckPipeline(spansets.pipeline);
  }

  Status CheckScalar(const ScalarExpression& scalar) {
    for (const ScalarExpression& operand : scalar.operands) TRY(CheckScalar(operand));
    if (scalar.op != Op::kAggregate || !scalar.aggregate.argument) return {};
    const FieldExpression& argument = *scalar.aggregate.argument;
    TRY(CheckField(argument));
    const Type type = TypeOf(argument);
    if (scalar.aggregate.kind == Aggregate::Kind::kCount) return {};
    if (!IsNumber(type) && type != Type::kAttribute) {
      return Wrong("aggregate field expressions must resolve to a number type", scalar.aggregate);
    }
    if (!RefersToSpan(argument)) {
      return Wrong("aggregate field expressions must reference the span", scalar.aggregate);
    }
    return {};
  }

  Status CheckFunction(const MetricsFunction& function) {
    if (function.attribute) TRY(CheckAttribute(*function.attribute));
    for (const Attribute& attribute : function.by) TRY(CheckAttribute(attribute));
    for (const Static& quantile : function.quantiles) {
      const double real = quantile.AsReal();
      if (real < 0 || real > 1) return Wrong("quantile must be between 0 and 1", quantile);
    }
    if (function.kind != MetricsFunction::Kind::kCompare) return {};
    TRY(CheckFilter(function.selection));
    return CheckBounds(function.bounds);
  }

  static Status CheckBounds(const std::vector<Static>& bounds) {
    if (bounds.empty()) return {};
    const bool is_count =
        bounds[0].type == Type::kInt && bounds[0].number >= 1 && bounds[0].number <= 1000;
    if (!is_count) {
      return Wrong("compare() top number of values must be an integer between 1 and 1000");
    }
    if (bounds.size() < 3) return {};
    const Static& start = bounds[1];
    const Static& end = bounds[2];
    const bool are_ints = start.type == Type::kInt && end.type == Type::kInt;
    if (are_ints && start.number == 0 && end.number == 0) return {};
    if (!are_ints || start.number <= 0 || end.number <= 0) {
      return Wrong("compare() timestamps must be positive integer unix nanoseconds");
    }
    if (end.number <= start.number) {
      return Wrong("compare() end timestamp must be greater than start timestamp");
    }
    return {};
  }

  Status CheckField(const FieldExpression& expression) {
    for (const FieldExpression& operand : expression.operands) TRY(CheckField(operand));
    switch (expression.op) {
      case Op::kStatic:
        return {};
      case Op::kAttribute:
        return CheckAttribute(expression.attribute);
      case Op::kNot:
      case Op::kNegate: {
        const Type type = TypeOf(expression.operands[0]);
        const bool takes = type == Type::kAttribute ||
                           (expression.op == Op::kNot ? type == Type::kBool : IsNumber(type));
        if (!takes) return Wrong("illegal operation for the given type", expression);
        return {};
      }
      default:
        return CheckBinary(expression);
    }
  }

  static Status CheckAttribute(const Attribute& attribute) {
    if (attribute.intrinsic != Intrinsic::kParent) return {};
    return Wrong(
        "parent not yet supported: an attribute of the parent is written parent.name, and spans "
        "without one have span:parentID = \"\"");
  }

  Status CheckBinary(const FieldExpression& expression) {
    Type left = TypeOf(expression.operands[0]);
    for (std::size_t i = 1; i < expression.operands.size(); ++i) {
      const Type right = TypeOf(expression.operands[i]);
      if (!AreAlike(left, right)) {
        return Wrong("binary operations must operate on the same type", expression);
      }
      if (!Takes(expression.op, left) || !Takes(expression.op, right)) {
        return Wrong("illegal operation for the given types", expression);
      }
      if (IsLogic(expression.op)) left = Type::kBool;
    }
    if (expression.op == Op::kMatches || expression.op == Op::kNotMatches) {
      return CheckPattern(expression);
    }
    if (expression.op == Op::kEqual) return CheckNil(expression);
    return CheckDivision(expression);
  }

  Status CheckPattern(const FieldExpression& expression) {
    const FieldExpression& right = expression.operands[1];
    if (right.op != Op::kStatic || right.value.type != Type::kString) {
      return Wrong("invalid type for =~ or !~", expression);
    }
    if (++used_.patterns > kPatternsMax) {
      return InvalidArgument(
          "invalid TraceQL query: more than {} regular expressions: join some of them with |",
          kPatternsMax);
    }
    if (used_.program_size <= kPatternProgramMax) {
      const auto pattern = expr::Pattern::CompileWhole(right.value.text);
      if (!pattern) {
        return InvalidArgument("invalid TraceQL query: invalid regex: {}: {}",
                               base::Excerpt(Print(expression), base::kExplanationBytesMax),
                               pattern.error().message);
      }
      used_.program_size += (*pattern)->program_size();
    }
    if (used_.program_size <= kPatternProgramMax) return {};
    return Wrong("regular expressions too large: repeat less, or smaller classes", expression);
  }

  /// What is always there.
  static Status CheckNil(const FieldExpression& expression) {
    const auto is_nil = [](const FieldExpression& side) {
      return side.op == Op::kStatic && side.value.type == Type::kNil;
    };
    const FieldExpression& left = expression.operands[0];
    const FieldExpression& right = expression.operands[1];
    if (!is_nil(left) && !is_nil(right)) return {};
    const FieldExpression& other = is_nil(left) ? right : left;
    if (other.op != Op::kAttribute) return {};
    const Attribute& attribute = other.attribute;
    const bool is_service =
        attribute == Attribute{.scope = Scope::kResource, .name = "service.name"};
    if (attribute.intrinsic == Intrinsic::kNone && !is_service) return {};
    const std::string name = Print(attribute);
    return InvalidArgument("invalid TraceQL query: {}=nil is not valid because {} cannot be nil",
                           name, is_service ? name : "intrinsics");
  }

  /// Of constants that have no value, since otherwise they are folded.
  static Status CheckDivision(const FieldExpression& expression) {
    if (expression.op != Op::kDivide && expression.op != Op::kModulo) return {};
    for (const FieldExpression& operand : expression.operands) {
      if (operand.op != Op::kStatic || operand.value.type != Type::kInt) return {};
    }
    return Wrong(expression.op == Op::kDivide ? "division by zero" : "modulo by zero", expression);
  }

  PatternsUsed& used_;
};

}  // namespace

Type TypeOf(const FieldExpression& expression) {
  switch (expression.op) {
    case Op::kStatic:
      return expression.value.type;
    case Op::kAttribute: {
      const Attribute& attribute = expression.attribute;
      const bool is_intrinsic = attribute.intrinsic != Intrinsic::kNone;
      return is_intrinsic ? InfoOf(attribute.intrinsic).type : Type::kAttribute;
    }
    case Op::kNegate:
      return TypeOf(expression.operands[0]);
    default:
      break;
  }
  if (!IsArithmetic(expression.op)) return Type::kBool;
  const Type left = TypeOf(expression.operands[0]);
  return left == Type::kAttribute ? TypeOf(expression.operands[1]) : left;
}

Status Check(const Query& query) {
  PatternsUsed used;
  Checker checker(&used);
  return query.metrics ? checker.CheckMetrics(*query.metrics)
                       : checker.CheckPipeline(query.pipeline);
}

Status CheckFilter(const FieldExpression& filter) {
  PatternsUsed used;
  return CheckFilter(filter, &used);
}

Status CheckFilter(const FieldExpression& filter, PatternsUsed* used) {
  return Checker(used).CheckFilter(filter);
}

}  // namespace clew::traceql
