#include "traceql/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "base/excerpt.h"
#include "traceql/number.h"
#include "traceql/string_literal.h"

namespace clew::traceql {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// Of a word; letters beyond ASCII are of several bytes.
bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool IsSpace(char c) { return std::string_view(" \t\n\v\f\r").find(c) != std::string_view::npos; }

/// `&` is none, but others begin with it.
bool IsSign(std::string_view text) {
  // Of one byte, two and three; a space is between them.
  constexpr std::array<std::string_view, 3> kSigns = {
      "{}(),|=><+-*/%^!~&", "!= =~ !~ >= <= && || >> << !> !< &> &< &~", "!>> !<< &>> &<<"};
  return !text.empty() && text.size() <= kSigns.size() &&
         text.find(' ') == std::string_view::npos &&
         kSigns[text.size() - 1].find(text) != std::string_view::npos;
}

struct ScopeWord {
  std::string_view word;
  Whose whose;
  Scope scope;
};

constexpr auto kScopes = std::to_array<ScopeWord>({
    {"span", Whose::kOwn, Scope::kSpan},
    {"resource", Whose::kOwn, Scope::kResource},
    {"event", Whose::kOwn, Scope::kEvent},
    {"link", Whose::kOwn, Scope::kLink},
    {"instrumentation", Whose::kOwn, Scope::kInstrumentation},
    {"parent", Whose::kParent, Scope::kUnscoped},
    {"root", Whose::kRoot, Scope::kUnscoped},
});

/// Those of intrinsics.
bool IsColonScope(std::string_view word) {
  constexpr auto kWords =
      std::to_array<std::string_view>({"span", "trace", "event", "link", "instrumentation"});
  return std::ranges::find(kWords, word) != kWords.end();
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<Token> Run() {
    while (SkipSpace()) Next();
    Add(Token::Kind::kEnd, text_.size());
    return std::move(tokens_);
  }

 private:
  char At(std::size_t place) const { return place < text_.size() ? text_[place] : '\0'; }
  std::string_view Rest() const { return text_.substr(at_); }

  Token& Add(Token::Kind kind, std::size_t end) {
    Token& token = tokens_.emplace_back();
    token.kind = kind;
    token.text = text_.substr(at_, end - at_);
    token.range = {static_cast<std::uint32_t>(at_), static_cast<std::uint32_t>(end)};
    at_ = end;
    return token;
  }

  void AddBroken(std::size_t end, std::string why) {
    Add(Token::Kind::kBroken, end).content = std::move(why);
  }

  /// False at the end. A comment is a space.
  bool SkipSpace() {
    while (at_ < text_.size()) {
      if (IsSpace(text_[at_])) {
        ++at_;
      } else if (Rest().starts_with("//")) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (Rest().starts_with("/*")) {
        const std::size_t end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos) {
          AddBroken(text_.size(), "comment not terminated, expecting */");
          return false;
        }
        at_ = end + 2;
      } else {
        return true;
      }
    }
    return false;
  }

  void Next() {
    const char c = text_[at_];
    if (IsDigit(c) || (c == '.' && IsDigit(At(at_ + 1)))) return NextNumber();
    if (c == '.') return NextAttribute({}, at_ + 1);
    if (IsLetter(c)) return NextWord();
    if (c == '"' || c == '`') return NextString();
    if (c == '\'') return NextSingleQuoted();
    std::size_t length = 1;
    if (!IsSign(Rest().substr(0, 1))) {
      return AddBroken(at_ + 1, fmt::format("syntax error: unexpected {}",
                                            c < ' ' || c == 0x7f ? Quote(std::string(1, c))
                                                                 : std::string(1, c)));
    }
    while (at_ + length < text_.size() && IsSign(Rest().substr(0, length + 1))) ++length;
    if (Rest().substr(0, length) == "&") {
      return AddBroken(at_ + 1, "syntax error: unexpected &, expecting && or a relation as &>");
    }
    Add(Token::Kind::kSign, at_ + length);
  }

  void NextNumber() {
    const std::size_t length = NumberLength(Rest());
    Result<Static> number = ParseNumber(Rest().substr(0, length));
    if (!number) return AddBroken(at_ + length, std::move(number.error().message));
    Add(Token::Kind::kStatic, at_ + length).content = std::move(*number);
  }

  void NextString() {
    const std::size_t length = StringLength(Rest());
    if (length == 0) {
      return AddBroken(text_.size(),
                       fmt::format("string not terminated, expecting {}", text_[at_]));
    }
    Result<std::string> value = ParseString(Rest().substr(0, length));
    if (!value) return AddBroken(at_ + length, std::move(value.error().message));
    Add(Token::Kind::kStatic, at_ + length).content = Static::String(std::move(*value));
  }

  void NextSingleQuoted() {
    const std::size_t end = std::min(text_.find('\'', at_ + 1), text_.size());
    const std::string_view inside = text_.substr(at_ + 1, end - at_ - 1);
    AddBroken(std::min(end + 1, text_.size()),
              fmt::format("syntax error: unexpected ', expecting a string between double "
                          "quotes: {}",
                          Quote(base::Excerpt(inside))));
  }

  void NextWord() {
    std::size_t end = at_;
    while (IsLetter(At(end)) || IsDigit(At(end))) ++end;
    const std::string_view word = text_.substr(at_, end - at_);
    if (At(end) == '.') {
      for (const ScopeWord& each : kScopes) {
        if (each.word == word) {
          return NextAttribute({.whose = each.whose, .scope = each.scope}, end + 1);
        }
      }
    }
    if (At(end) == ':' && IsColonScope(word)) {
      ++end;
      while (IsLetter(At(end)) || IsDigit(At(end))) ++end;
    }
    Add(Token::Kind::kWord, end);
  }

  /// Its name begins at `begin`, or for a parent or root a scope may.
  void NextAttribute(Attribute attribute, std::size_t begin) {
    if (attribute.whose != Whose::kOwn) {
      for (const Scope scope : {Scope::kSpan, Scope::kResource}) {
        const std::string prefix = fmt::format("{}.", NameOf(scope));
        if (text_.substr(begin).starts_with(prefix)) {
          attribute.scope = scope;
          begin += prefix.size();
          break;
        }
      }
    }
    std::size_t end = begin;
    Result<std::string> name = TakeName(&end);
    if (!name) return AddBroken(end, std::move(name.error().message));
    if (name->empty()) {
      return AddBroken(end, fmt::format("syntax error: unexpected {}, expecting the name of an "
                                        "attribute right behind {}",
                                        end < text_.size() ? "END_ATTRIBUTE" : "$end",
                                        text_.substr(at_, begin - at_)));
    }
    attribute.name = std::move(*name);
    Add(Token::Kind::kAttribute, end).content = std::move(attribute);
  }

  Result<std::string> TakeName(std::size_t* end) const {
    std::string name;
    while (*end < text_.size() && !EndsName(text_[*end])) {
      if (text_[*end] != '"') {
        name += text_[(*end)++];
        continue;
      }
      for (++*end; At(*end) != '"'; ++*end) {
        if (*end < text_.size() && text_[*end] == '\\') {
          ++*end;
          if (At(*end) != '"' && At(*end) != '\\')
            return InvalidArgument("invalid escape sequence");
        }
        if (*end >= text_.size()) {
          *end = text_.size();
          return InvalidArgument("unexpected EOF, expecting \"");
        }
        name += text_[*end];
      }
      ++*end;
    }
    return name;
  }

  const std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> Lex(std::string_view text) { return Lexer(text).Run(); }

}  // namespace clew::traceql
