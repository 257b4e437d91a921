#include "traceql/field_parser.h"

#include <limits>
#include <optional>
#include <utility>
#include <variant>

#include "traceql/fold.h"

namespace clew::traceql {
namespace {

constexpr std::string_view kOperand = "a value, an attribute or (";

/// The value that the word stands for.
std::optional<Static> ValueOf(std::string_view word) {
  if (word == "true" || word == "false") return Static::Bool(word == "true");
  if (word == "nil") return Static::Nil();
  if (word == "minInt") return Static::Int(std::numeric_limits<std::int64_t>::min());
  if (word == "maxInt") return Static::Int(std::numeric_limits<std::int64_t>::max());
  return Static::Word(word);
}

std::optional<Attribute> AttributeAt(const Token& token) {
  if (token.kind == Token::Kind::kAttribute) return std::get<Attribute>(token.content);
  if (token.kind != Token::Kind::kWord) return std::nullopt;
  const auto intrinsic = FindIntrinsic(token.text);
  if (!intrinsic) return std::nullopt;
  return Attribute{.intrinsic = *intrinsic};
}

/// Precedence climbing. Recursion ends with kDepthMax.
class FieldParser {
 public:
  explicit FieldParser(Cursor* cursor) : cursor_(*cursor) {}

  Result<FieldExpression> Parse(int level_min) {
    const Nesting nesting(&cursor_);
    TRY(nesting.Check());
    ASSIGN_OR_RETURN(FieldExpression left, ParsePrefixed());
    while (cursor_.now().kind == Token::Kind::kSign) {
      const std::optional<Op> op = FindBinaryOp(cursor_.now().text);
      if (!op || LevelOf(*op) < level_min) break;
      cursor_.Skip();
      const int right_level = LevelOf(*op) + (*op == Op::kPower ? 0 : 1);
      ASSIGN_OR_RETURN(FieldExpression right, Parse(right_level));
      left = Binary(*op, std::move(left), std::move(right));
      TRY(cursor_.CheckDepth(left.depth));
    }
    return left;
  }

 private:
  Result<FieldExpression> ParsePrefixed() {
    const std::uint32_t begin = cursor_.now().range.begin;
    const bool is_not = cursor_.IsSign("!");
    if (is_not || cursor_.IsSign("-")) {
      cursor_.Skip();
      ASSIGN_OR_RETURN(FieldExpression operand, Parse(is_not ? kNotLevel + 1 : kNegateLevel));
      FieldExpression result = Unary(is_not ? Op::kNot : Op::kNegate, std::move(operand));
      result.place = cursor_.PlaceFrom(begin);
      TRY(cursor_.CheckDepth(result.depth));
      return result;
    }
    ASSIGN_OR_RETURN(FieldExpression operand, ParseOperand());
    operand.place = cursor_.PlaceFrom(begin);
    return operand;
  }

  Result<FieldExpression> ParseOperand() {
    if (cursor_.Accept("(")) {
      ASSIGN_OR_RETURN(FieldExpression inside, Parse(0));
      if (!cursor_.Accept(")")) return cursor_.Unexpected("an operator or )");
      return inside;
    }
    if (std::optional<Static> value = StaticAt(cursor_.now())) {
      cursor_.Skip();
      return Leaf(std::move(*value));
    }
    if (std::optional<Attribute> attribute = AttributeAt(cursor_.now())) {
      cursor_.Skip();
      return Leaf(std::move(*attribute));
    }
    return cursor_.Unexpected(kOperand);
  }

  Cursor& cursor_;
};

}  // namespace

std::optional<Static> StaticAt(const Token& token) {
  if (token.kind == Token::Kind::kStatic) return std::get<Static>(token.content);
  if (token.kind == Token::Kind::kWord) return ValueOf(token.text);
  return std::nullopt;
}

Result<FieldExpression> ParseField(Cursor* cursor) { return FieldParser(cursor).Parse(0); }

Result<Attribute> ParseAttribute(Cursor* cursor) {
  std::optional<Attribute> attribute = AttributeAt(cursor->now());
  if (!attribute) return cursor->Unexpected("an attribute");
  cursor->Skip();
  return std::move(*attribute);
}

Result<std::vector<Attribute>> ParseAttributes(Cursor* cursor) {
  std::vector<Attribute> attributes;
  do {
    ASSIGN_OR_RETURN(Attribute attribute, ParseAttribute(cursor));
    attributes.push_back(std::move(attribute));
  } while (cursor->Accept(","));
  return attributes;
}

Result<Static> ParseStatic(Cursor* cursor) {
  const bool is_negative = cursor->Accept("-");
  std::optional<Static> value = StaticAt(cursor->now());
  if (!value || (is_negative && !value->is_number())) {
    return cursor->Unexpected(is_negative ? "a number" : "a value");
  }
  if (is_negative) value = Fold(Op::kNegate, *value);
  if (!value) return cursor->Fail(cursor->now().range.begin, "number is out of range");
  cursor->Skip();
  return std::move(*value);
}

}  // namespace clew::traceql
