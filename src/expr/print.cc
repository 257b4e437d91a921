#include "expr/print.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>

namespace clew::expr {
namespace {

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < ' ') {
      quoted += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
      continue;
    }
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

bool IsPlainKey(std::string_view key) {
  return !key.empty() && std::ranges::all_of(key, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-';
  });
}

std::string_view NameOf(Scope scope) {
  switch (scope) {
    case Scope::kSpan:
      return "span";
    case Scope::kResource:
      return "resource";
    case Scope::kScope:
      return "scope";
    case Scope::kEvent:
      return "event";
    case Scope::kLink:
      return "link";
    case Scope::kAny:
      return "any";
    case Scope::kSpanOrResource:
      break;
  }
  return "";
}

std::string Print(const Literal& literal) {
  const bool is_bare = literal.type && literal.type != model::ValueType::kString;
  return is_bare ? literal.text : Quoted(literal.text);
}

std::string_view NameOf(Op op) {
  switch (op) {
    case Op::kLess:
      return " < ";
    case Op::kLessOrEqual:
      return " <= ";
    case Op::kGreater:
      return " > ";
    case Op::kGreaterOrEqual:
      return " >= ";
    case Op::kShownAs:
      return " shown as ";
    default:
      return " = ";
  }
}

std::string PrintComparison(const Expression& expression) {
  std::string text = Print(expression.references[0]);
  if (expression.op == Op::kExists) return text + " exists";
  if (expression.op == Op::kHasArray) return text + " has an array";
  if (expression.op == Op::kHasOdd) return text + " is odd";
  if (expression.op == Op::kMatches) {
    text += expression.pattern->is_whole() ? " =~ whole " : " =~ ";
    return text + Quoted(expression.pattern->text());
  }
  if (expression.references.size() == 1 && expression.literals.size() != 1) {
    text += " in (";
    for (const Literal& literal : expression.literals) {
      if (&literal != &expression.literals.front()) text += ", ";
      text += Print(literal);
    }
    return text + ')';
  }
  text += NameOf(expression.op);
  return text + (expression.literals.empty() ? Print(expression.references[1])
                                             : Print(expression.literals[0]));
}

std::string PrintGroup(const Expression& group) {
  const bool is_and = group.op == Op::kAnd;
  if (group.operands.empty()) return is_and ? "true" : "false";
  std::string text;
  for (const Expression& operand : group.operands) {
    if (!text.empty()) text += is_and ? " && " : " || ";
    const bool is_group =
        (operand.op == Op::kAnd || operand.op == Op::kOr) && !operand.operands.empty();
    text += is_group ? '(' + Print(operand) + ')' : Print(operand);
  }
  return text;
}

}  // namespace

std::string Print(const Reference& reference) {
  if (reference.field) return std::string(InfoOf(*reference.field).name);
  std::string text(NameOf(reference.scope));
  text += '.';
  return text + (IsPlainKey(reference.key) ? reference.key : Quoted(reference.key));
}

std::string Print(const Expression& expression) {
  switch (expression.op) {
    case Op::kAnd:
    case Op::kOr:
      return PrintGroup(expression);
    case Op::kNot:
      return "!(" + Print(expression.operands[0]) + ')';
    case Op::kSome:
      return (expression.owner == model::Owner::kEvent ? "some event (" : "some link (") +
             Print(expression.operands[0]) + ')';
    default:
      return PrintComparison(expression);
  }
}

}  // namespace clew::expr
