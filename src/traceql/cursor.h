#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/vocabulary.h"
#include "traceql/field_expression.h"
#include "traceql/token.h"

namespace clew::traceql {

/// So deep are a query's trees, and the recursion of whoever walks them. What follows each other
/// with `&&` or with `||` is beside each other.
inline constexpr int kDepthMax = 100;

/// Where a parser is in the tokens of a query; and its errors, which name the place there.
class Cursor {
 public:
  /// `tokens` are those of `text` or some of them; behind them it is at the end.
  Cursor(std::string_view text, std::span<const Token> tokens) : text_(text), tokens_(tokens) {}

  const Token& now() const { return at_ < tokens_.size() ? tokens_[at_] : kNone; }
  bool IsAtEnd() const { return now().kind == Token::Kind::kEnd; }
  bool IsSign(std::string_view sign) const {
    return now().kind == Token::Kind::kSign && now().text == sign;
  }
  bool IsWord(std::string_view word) const {
    return now().kind == Token::Kind::kWord && now().text == word;
  }

  /// Goes on by a token; not behind the end.
  void Skip();
  bool Accept(std::string_view sign);
  Status Expect(std::string_view sign);
  /// From where the token at `begin` was up to the last one that was passed.
  Place PlaceFrom(std::uint32_t begin) const { return {{begin, passed_end_}}; }

  /// Of the token that is here: `syntax error: unexpected X, expecting …`, `unknown identifier: x`,
  /// or what is broken.
  std::unexpected<Error> Unexpected(std::string_view expecting = "") const;
  /// `invalid TraceQL query: parse error at line 1, col 3: …`.
  std::unexpected<Error> Fail(std::uint32_t at, std::string_view what) const;
  Status CheckDepth(int depth) const;

 private:
  friend class Nesting;

  static const Token kNone;

  std::string UnknownWord(std::string_view word) const;

  const std::string_view text_;
  const std::span<const Token> tokens_;
  std::size_t at_ = 0;
  std::uint32_t passed_end_ = 0;
  int nesting_ = 0;
};

/// Held by a function that recurses.
class Nesting {
 public:
  explicit Nesting(Cursor* cursor) : cursor_(cursor) { ++cursor_->nesting_; }
  ~Nesting() { --cursor_->nesting_; }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;

  Status Check() const { return cursor_->CheckDepth(cursor_->nesting_); }

 private:
  Cursor* const cursor_;
};

}  // namespace clew::traceql
