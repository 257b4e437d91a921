#include "traceql/lenient.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "traceql/check.h"
#include "traceql/cursor.h"
#include "traceql/field_parser.h"
#include "traceql/lexer.h"
#include "traceql/parse.h"

namespace clew::traceql {
namespace {

using Tokens = std::span<const Token>;

/// Of groups within groups, each of which is read once more: what is deeper is not looked into.
constexpr int kGroupDepthMax = 4;

/// What tokens say, as far as they say something.
struct Part {
  FieldExpression expression = Leaf(Static::Bool(true));
  /// Nothing of it was left out.
  bool is_whole = false;
};

bool IsSign(const Token& token, std::string_view sign) {
  return token.kind == Token::Kind::kSign && token.text == sign;
}

/// `.foo` says that it is true, or somebody has not come to its operator yet.
bool HasBareAttribute(const FieldExpression& condition) {
  if (condition.op == Op::kAttribute) return true;
  const bool is_of_conditions = IsLogic(condition.op) || condition.op == Op::kNot;
  return is_of_conditions && std::ranges::any_of(condition.operands, HasBareAttribute);
}

bool RefersTo(const Attribute& attribute, const FieldExpression& expression) {
  if (expression.op == Op::kAttribute) return expression.attribute == attribute;
  return std::ranges::any_of(expression.operands, [&](const FieldExpression& operand) {
    return RefersTo(attribute, operand);
  });
}

/// What is between the braces of a filter that is all there is; nothing when there is more.
std::optional<Tokens> InsideOfBraces(Tokens all) {
  if (!IsSign(all.front(), "{")) return std::nullopt;
  const Tokens inside = all.subspan(1, all.size() - 2);
  const auto brace = std::ranges::find_if(
      inside, [](const Token& token) { return IsSign(token, "{") || IsSign(token, "}"); });
  if (brace == inside.end()) return inside;
  // What is behind it makes it a pipeline, or one of several filters.
  const bool is_last = IsSign(*brace, "}") && brace + 1 == inside.end();
  return is_last ? std::optional(inside.first(inside.size() - 1)) : std::nullopt;
}

/// Where the parenthesis that begins `tokens` is closed, or their end.
std::size_t ClosingOf(Tokens tokens) {
  std::size_t open = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (IsSign(tokens[i], "(")) ++open;
    if (IsSign(tokens[i], ")") && --open == 0) return i;
  }
  return tokens.size();
}

class LenientReader {
 public:
  explicit LenientReader(std::string_view text) : text_(text) {}

  /// Conditions with `&&` or `||` between them.
  Part ReadGroup(Tokens tokens, int depth) {
    Part group;
    std::optional<Op> op;
    std::size_t open = 0;
    std::size_t begin = 0;
    group.is_whole = true;
    for (std::size_t i = 0; i <= tokens.size(); ++i) {
      const bool is_end = i == tokens.size();
      if (!is_end && IsSign(tokens[i], "(")) ++open;
      if (!is_end && IsSign(tokens[i], ")") && open > 0) --open;
      const bool is_join =
          !is_end && open == 0 && (IsSign(tokens[i], "&&") || IsSign(tokens[i], "||"));
      if (!is_end && !is_join) continue;
      Part part = ReadCondition(tokens.subspan(begin, i - begin), depth);
      group.is_whole = group.is_whole && part.is_whole;
      group.expression = op ? Binary(*op, std::move(group.expression), std::move(part.expression))
                            : std::move(part.expression);
      if (is_join) op = FindBinaryOp(tokens[i].text);
      begin = i + 1;
    }
    return group;
  }

 private:
  Part ReadCondition(Tokens tokens, int depth) {
    if (tokens.empty() || depth > kGroupDepthMax) return {};
    if (std::optional<FieldExpression> whole = ReadWhole(tokens)) {
      return {.expression = std::move(*whole), .is_whole = true};
    }
    if (IsSign(tokens.front(), "!")) {
      Part negated = ReadCondition(tokens.subspan(1), depth + 1);
      if (!negated.is_whole) return {};
      negated.expression = Unary(Op::kNot, std::move(negated.expression));
      return negated;
    }
    if (!IsSign(tokens.front(), "(")) return {};
    const std::size_t closing = ClosingOf(tokens);
    if (closing + 1 < tokens.size()) return {};
    return ReadGroup(tokens.subspan(1, closing - 1), depth + 1);
  }

  std::optional<FieldExpression> ReadWhole(Tokens tokens) {
    Cursor cursor(text_, tokens);
    Result<FieldExpression> expression = ParseField(&cursor);
    const bool is_whole = expression && cursor.IsAtEnd() && !HasBareAttribute(*expression) &&
                          CheckFilter(*expression, &used_);
    return is_whole ? std::optional(std::move(*expression)) : std::nullopt;
  }

  const std::string_view text_;
  PatternsUsed used_;
};

}  // namespace

FieldExpression ParseLenient(std::string_view text) {
  Part nothing;
  if (text.size() > kQueryBytesMax) return nothing.expression;
  const std::vector<Token> tokens = Lex(text);
  const std::optional<Tokens> inside = InsideOfBraces(tokens);
  if (!inside) return nothing.expression;
  Part all = LenientReader(text).ReadGroup(*inside, 0);
  const bool is_sound = all.expression.depth <= kDepthMax && CheckFilter(all.expression);
  return is_sound ? std::move(all.expression) : std::move(nothing.expression);
}

FieldExpression WithoutConditionsOn(const Attribute& asked, const FieldExpression& filter) {
  if (!IsLogic(filter.op)) {
    return RefersTo(asked, filter) ? Leaf(Static::Bool(true)) : filter;
  }
  FieldExpression result = WithoutConditionsOn(asked, filter.operands[0]);
  for (std::size_t i = 1; i < filter.operands.size(); ++i) {
    result = Binary(filter.op, std::move(result), WithoutConditionsOn(asked, filter.operands[i]));
  }
  return result;
}

}  // namespace clew::traceql
