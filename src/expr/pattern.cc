#include "expr/pattern.h"

#include <re2/re2.h>

#include <algorithm>
#include <utility>

#include "base/excerpt.h"

namespace clew::expr {
namespace {

constexpr std::size_t kPatternBytesMax = 4096;

/// Where the class that begins at `at` ends: its first member may be ']'.
std::size_t EndOfClass(std::string_view pattern, std::size_t at) {
  std::size_t i = at + 1;
  if (i < pattern.size() && pattern[i] == '^') ++i;
  for (const std::size_t first = i; i < pattern.size(); ++i) {
    if (pattern[i] == '\\') {
      ++i;
    } else if (pattern.substr(i).starts_with("[:")) {
      const std::size_t end = pattern.find(":]", i + 2);
      if (end != std::string_view::npos) i = end + 1;
    } else if (pattern[i] == ']' && i > first) {
      return i;
    }
  }
  return pattern.size();
}

/// The size of the quantifier that begins `pattern`, 0 when none does: a brace that counts nothing
/// stands for itself.
std::size_t QuantifierSize(std::string_view pattern) {
  static const re2::RE2 kCounted(R"((\{(?:0|[1-9]\d*)(?:,(?:0|[1-9]\d*)?)?\}))");
  if (pattern.starts_with('*') || pattern.starts_with('+') || pattern.starts_with('?')) return 1;
  re2::StringPiece rest(pattern.data(), pattern.size());
  re2::StringPiece counted;
  return re2::RE2::Consume(&rest, kCounted, &counted) ? counted.size() : 0;
}

/// `pattern` compiles.
Status CheckPortable(std::string_view pattern) {
  bool follows_quantifier = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    const char next = i + 1 < pattern.size() ? pattern[i + 1] : '\0';
    const std::size_t quantifier_size = QuantifierSize(pattern.substr(i));
    const bool is_quantifier = quantifier_size > 0 && !follows_quantifier;
    if (c == '\\' && std::string_view("AzZbB").find(next) != std::string_view::npos) {
      return InvalidArgument("\\{} is not served: a pattern is looked for anywhere in the value",
                             next);
    }
    if (c == '\\' && next == 'Q') {
      const std::size_t end = pattern.find("\\E", i);
      if (end == std::string_view::npos) return {};
      i = end + 1;
    } else if (c == '\\') {
      ++i;
    } else if (c == '[') {
      i = EndOfClass(pattern, i);
    } else if (c == '^' || c == '$') {
      return InvalidArgument("{} is not served: a pattern is looked for anywhere in the value", c);
    } else if (c == '?' && follows_quantifier) {
      return InvalidArgument("a lazy quantifier is not served: leave its ? out");
    } else if (c == '(' && next == '?') {
      if (!pattern.substr(i).starts_with("(?:") && !pattern.substr(i).starts_with("(?P<")) {
        return InvalidArgument("flags are not served: a pattern is case-sensitive");
      }
      ++i;
    } else if (quantifier_size > 0) {
      i += quantifier_size - 1;
    }
    follows_quantifier = is_quantifier;
  }
  return {};
}

using CompiledPtr = std::unique_ptr<const re2::RE2>;

/// What is found in every value that all of `pattern` matches, "" when nothing is known. It leaves
/// out the `.*` at both ends, with which every value would be looked through from each place on.
std::string_view PartOfEveryMatch(std::string_view pattern) {
  constexpr std::string_view kAnything = ".*";
  // Anchors know no lines, and flags may give `.` another meaning.
  if (!CheckPortable(pattern)) return "";
  // Where there are alternatives both ends are of one of them, and a quotation has no meaning.
  if (pattern.find('|') != std::string_view::npos ||
      pattern.find("\\Q") != std::string_view::npos) {
    return "";
  }
  if (!pattern.starts_with(kAnything)) return "";
  pattern.remove_prefix(kAnything.size());
  if (pattern.ends_with(kAnything) && !pattern.ends_with("\\.*")) {
    pattern.remove_suffix(kAnything.size());
  }
  return pattern;
}

re2::RE2::Options QuietOptions() {
  re2::RE2::Options options;
  options.set_log_errors(false);
  return options;
}

CompiledPtr WithinLine(std::string_view text) {
  re2::RE2::Options options = QuietOptions();
  options.set_never_nl(true);
  return std::make_unique<const re2::RE2>(re2::StringPiece(text.data(), text.size()), options);
}

Result<CompiledPtr> CompileAny(const std::string& text) {
  if (text.size() > kPatternBytesMax) {
    return InvalidArgument("a pattern of {} bytes is too long, use at most {}", text.size(),
                           kPatternBytesMax);
  }
  auto compiled = std::make_unique<const re2::RE2>(text, QuietOptions());
  if (!compiled->ok()) {
    return InvalidArgument("\"{}\" is not a pattern in RE2 syntax: {}", base::Excerpt(text),
                           base::Excerpt(compiled->error()));
  }
  return compiled;
}

}  // namespace

Result<PatternPtr> Pattern::Compile(const std::string& text) {
  ASSIGN_OR_RETURN(CompiledPtr compiled, CompileAny(text));
  TRY(CheckPortable(text));
  return std::make_shared<const Pattern>(std::move(compiled), WithinLine(text), false);
}

Result<PatternPtr> Pattern::CompileWhole(const std::string& text) {
  ASSIGN_OR_RETURN(CompiledPtr compiled, CompileAny(text));
  // Values that do not begin as the pattern does fail at once: no better way is needed for those.
  const std::string_view part = PartOfEveryMatch(text);
  return std::make_shared<const Pattern>(std::move(compiled),
                                         part.empty() ? nullptr : WithinLine(part), true);
}

Pattern::Pattern(std::unique_ptr<const re2::RE2> compiled,
                 std::unique_ptr<const re2::RE2> within_line, bool is_whole)
    : compiled_(std::move(compiled)), within_line_(std::move(within_line)), is_whole_(is_whole) {}
Pattern::~Pattern() = default;

bool Pattern::IsFoundIn(std::string_view text) const {
  const re2::StringPiece whole(text.data(), text.size());
  return is_whole() ? re2::RE2::FullMatch(whole, *compiled_)
                    : re2::RE2::PartialMatch(whole, *compiled_);
}

void Pattern::FindInLines(const Lines& lines, std::uint8_t* found) const {
  // A match found in all lines costs several times as much as one that is asked for in one.
  constexpr std::size_t kMatchesMin = 32;
  constexpr std::size_t kLinesPerMatch = 4;
  const re2::StringPiece all(lines.bytes().data(), lines.bytes().size());
  std::fill_n(found, lines.count(), std::uint8_t{0});
  std::size_t line = 0;
  std::size_t begin = 0;  // of the line
  for (std::size_t matches = 0; line < lines.count(); ++matches) {
    const bool is_common = matches > kMatchesMin && matches * kLinesPerMatch > line;
    if (is_common || within_line_ == nullptr || !within_line_->ok()) break;
    re2::StringPiece match;
    if (!within_line_->Match(all, begin, all.size(), re2::RE2::UNANCHORED, &match, 1)) return;
    const auto at = static_cast<std::size_t>(match.data() - all.data());
    while (lines.end(line) < at) begin = lines.end(line++) + 1;
    if (at + match.size() > lines.end(line)) break;  // \C takes a line break all the same
    const auto is_match = [&] {
      return IsFoundIn(lines.bytes().substr(begin, lines.end(line) - begin));
    };
    found[line] = static_cast<std::uint8_t>(!is_whole_ || is_match());
    begin = lines.end(line++) + 1;
  }
  for (; line < lines.count(); begin = lines.end(line++) + 1) {
    found[line] =
        static_cast<std::uint8_t>(IsFoundIn(lines.bytes().substr(begin, lines.end(line) - begin)));
  }
}

bool Lines::is_sound() const {
  return std::cmp_equal(std::ranges::count(bytes_, '\n'), ends_.size());
}

std::size_t Pattern::program_size() const {
  return static_cast<std::size_t>(compiled_->ProgramSize());
}

const std::string& Pattern::text() const { return compiled_->pattern(); }

}  // namespace clew::expr
