#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace clew::traceql {

/// What a node of an expression over fields, aggregates or metrics is.
enum class Op : std::uint8_t {
  // Without operands.
  kStatic,
  kAttribute,
  kAggregate,
  kMetrics,
  // Of one.
  kNot,
  kNegate,
  // Of two, or more when they follow each other: `a && b && c`.
  kAnd,
  kOr,
  // Of two.
  kEqual,
  kNotEqual,
  kMatches,
  kNotMatches,
  kGreater,
  kGreaterOrEqual,
  kLess,
  kLessOrEqual,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kPower,
};

// How tightly things bind: more binds tighter. `&&` and `||` bind alike, and `!` binds looser than
// `*`. All associate to the left but kPower.
inline constexpr int kLogicLevel = 2;
inline constexpr int kComparisonLevel = 3;
inline constexpr int kSumLevel = 4;
inline constexpr int kNotLevel = 5;
inline constexpr int kProductLevel = 6;
inline constexpr int kPowerLevel = 7;
inline constexpr int kNegateLevel = 8;
inline constexpr int kLeafLevel = 9;

int LevelOf(Op op);
/// Empty for what has no operands.
std::string_view SpellingOf(Op op);
/// The operator of two operands that is spelled like this.
std::optional<Op> FindBinaryOp(std::string_view spelling);

bool IsLogic(Op op);
/// Of two values, regular expressions too: it gives true or false.
bool IsComparison(Op op);
/// `=`, `!=` and the four that order.
bool IsPlainComparison(Op op);
/// What a comparison is when its sides are exchanged.
Op Mirrored(Op op);
bool IsArithmetic(Op op);

/// How two sets of spans of a trace are combined.
enum class Relation : std::uint8_t {
  kAnd,
  kOr,
  kChild,       // > : the right ones that are a child of a left one
  kDescendant,  // >>
  kParent,      // <
  kAncestor,    // <<
  kSibling,     // ~
};

/// Which spans a relation between spans gives.
enum class Form : std::uint8_t {
  kPlain,    // the right ones that are in it
  kNegated,  // the right ones that are not
  kUnion,    // those of both sides that are in it
};

struct SpansetOp {
  bool operator==(const SpansetOp&) const = default;

  Relation relation = Relation::kAnd;
  /// Of kAnd and kOr it is kPlain.
  Form form = Form::kPlain;
};

int LevelOf(SpansetOp op);
std::string_view SpellingOf(SpansetOp op);
std::optional<SpansetOp> FindSpansetOp(std::string_view spelling);

}  // namespace clew::traceql
