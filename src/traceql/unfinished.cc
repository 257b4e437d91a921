#include "traceql/unfinished.h"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "traceql/lexer.h"

namespace clew::traceql {
namespace {

using Kind = Unfinished::Kind;
using Tokens = std::span<const Token>;

bool IsOneOf(const Token& token, std::initializer_list<std::string_view> signs) {
  return token.kind == Token::Kind::kSign && std::ranges::find(signs, token.text) != signs.end();
}

bool IsComparison(const Token& token) {
  return IsOneOf(token, {"=", "!=", "=~", "!~", "<", "<=", ">", ">="});
}

std::optional<Attribute> AttributeOf(const Token& token) {
  if (const auto* const attribute = std::get_if<Attribute>(&token.content)) return *attribute;
  if (token.kind != Token::Kind::kWord) return std::nullopt;
  const auto intrinsic = FindIntrinsic(token.text);
  return intrinsic ? std::optional(Attribute{.intrinsic = *intrinsic}) : std::nullopt;
}

/// Of what is open at the end of the tokens, and nothing outside of braces and lists.
Kind NameKindOf(Tokens tokens) {
  std::vector<Kind> open;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (IsOneOf(tokens[i], {"{"})) open.push_back(Kind::kName);
    if (IsOneOf(tokens[i], {"("})) {
      const bool is_of_word = i > 0 && tokens[i - 1].kind == Token::Kind::kWord;
      const Kind around = open.empty() ? Kind::kNothing : open.back();
      open.push_back(is_of_word ? Kind::kListedName : around);
    }
    if (IsOneOf(tokens[i], {"}", ")"}) && !open.empty()) open.pop_back();
  }
  return open.empty() ? Kind::kNothing : open.back();
}

/// Something is being typed that may become a name or a value.
bool IsBegun(const Token& token, std::string_view query) {
  if (token.range.end != query.size()) return false;
  const bool is_closed_string =
      token.kind == Token::Kind::kStatic && std::get<Static>(token.content).type == Type::kString;
  return token.kind != Token::Kind::kSign && !is_closed_string;
}

bool IsString(std::string_view text) { return text.starts_with('"') || text.starts_with('`'); }

}  // namespace

Unfinished FindUnfinished(std::string_view query) {
  std::vector<Token> all = Lex(query);
  all.pop_back();
  Tokens before = all;
  Unfinished found{.begin = query.size()};
  if (!before.empty() && IsBegun(before.back(), query)) {
    found.begin = before.back().range.begin;
    before = before.first(before.size() - 1);
  }
  if (before.empty()) return found;
  const Kind name_kind = NameKindOf(before);
  const auto join = std::ranges::find_if(before.rbegin(), before.rend(), [](const Token& token) {
    return IsOneOf(token, {"{", "(", "&&", "||", ","});
  });
  if (name_kind == Kind::kNothing || join == before.rend()) return found;
  found.condition_begin = join->range.end;
  const std::string_view typed = query.substr(found.begin);
  if (name_kind == Kind::kName && before.size() > 1 && IsComparison(before.back())) {
    if (const auto attribute = AttributeOf(before[before.size() - 2])) {
      found.kind = Kind::kValue;
      found.attribute = *attribute;
      return found;
    }
  }
  // Behind anything else than a sign is an operator, which nobody needs help with.
  const bool is_number = !typed.empty() && typed.front() >= '0' && typed.front() <= '9';
  const bool may_be_name = before.back().kind == Token::Kind::kSign &&
                           !IsOneOf(before.back(), {"}", ")"}) && !IsString(typed) && !is_number;
  if (may_be_name) found.kind = name_kind;
  return found;
}

}  // namespace clew::traceql
