#include "traceql/cursor.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/excerpt.h"
#include "base/nearest.h"
#include "traceql/names.h"

namespace clew::traceql {

const Token Cursor::kNone;

namespace {

/// Of a word that stands behind a scope only, how it is written: ` (did you mean "span:id"?)`.
std::string ScopedForm(std::string_view word) {
  if (FindIntrinsic(word)) return "";
  for (const IntrinsicInfo& info : AllIntrinsics()) {
    const std::size_t colon = info.scoped.find(':');
    const bool is_link = info.scoped.starts_with("link");
    if (info.plain.empty() && !is_link && info.scoped.substr(colon + 1) == word) {
      return fmt::format(" (did you mean \"{}\"?)", info.scoped);
    }
  }
  if (word == "traceID") return " (did you mean \"trace:id\"?)";
  if (word == "spanID") return " (did you mean \"span:id\"?)";
  return "";
}

}  // namespace

void Cursor::Skip() {
  passed_end_ = now().range.end;
  if (!IsAtEnd()) ++at_;
}

bool Cursor::Accept(std::string_view sign) {
  if (!IsSign(sign)) return false;
  Skip();
  return true;
}

Status Cursor::Expect(std::string_view sign) {
  if (!Accept(sign)) return Unexpected(sign);
  return {};
}

std::unexpected<Error> Cursor::Unexpected(std::string_view expecting) const {
  const Token& token = now();
  if (token.kind == Token::Kind::kBroken) {
    return Fail(token.range.begin, std::get<std::string>(token.content));
  }
  if (token.kind == Token::Kind::kWord && !IsKeyword(token.text)) {
    return Fail(token.range.begin, UnknownWord(token.text));
  }
  return Fail(token.range.begin, fmt::format("syntax error: unexpected {}{}{}{}",
                                             IsAtEnd() ? "$end" : base::Excerpt(token.text),
                                             expecting.empty() ? "" : ", expecting ", expecting,
                                             IsAtEnd() ? "" : ScopedForm(token.text)));
}

std::string Cursor::UnknownWord(std::string_view word) const {
  // Of shorter words nearly every other one is near.
  constexpr std::size_t kMisspeltMin = 4;
  constexpr std::size_t kMisspeltScopeMin = 5;
  static const std::vector<std::string> kScopes = {"span",  "resource", "parent",         "root",
                                                   "event", "link",     "instrumentation"};
  const std::uint32_t begin = now().range.begin;
  std::size_t end = now().range.end;
  while (end < text_.size() && !EndsName(text_[end]) && text_[end] != '"') ++end;
  const std::string_view name = text_.substr(begin, end - begin);
  const std::string shown = base::Excerpt(name);
  std::string text = "unknown identifier: " + shown;
  const bool is_plain = name.size() == word.size();
  if (word.size() >= (is_plain ? kMisspeltMin : kMisspeltScopeMin)) {
    const std::string meant = base::DidYouMean(word, is_plain ? AllWords() : kScopes);
    text += meant;
    if (is_plain && !meant.empty()) return text;
  }
  // A function or an intrinsic was meant.
  const bool is_call = end < text_.size() && text_[end] == '(';
  if (is_call || word.find(':') != std::string_view::npos) return text;
  return text + fmt::format(", an attribute is written .{} or span.{}, a string \"{}\"", shown,
                            shown, shown);
}

std::unexpected<Error> Cursor::Fail(std::uint32_t at, std::string_view what) const {
  const std::string_view before = text_.substr(0, at);
  const auto line = 1 + std::ranges::count(before, '\n');
  const std::size_t break_at = before.rfind('\n');
  const std::string_view in_line =
      break_at == std::string_view::npos ? before : before.substr(break_at + 1);
  // In characters: bytes that go on with one are not counted.
  const auto column = 1 + std::ranges::count_if(in_line, [](char c) {
                        return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
                      });
  return InvalidArgument("invalid TraceQL query: parse error at line {}, col {}: {}", line, column,
                         what);
}

Status Cursor::CheckDepth(int depth) const {
  if (depth <= kDepthMax) return {};
  return Fail(now().range.begin,
              fmt::format("expression nests more than {} deep: leave parentheses out, or join what "
                          "is alike with && or ||",
                          kDepthMax));
}

}  // namespace clew::traceql
