#include "app/cli/query_completion.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <utility>

#include "app/cli/text.h"
#include "traceql/attribute.h"
#include "traceql/static.h"
#include "traceql/unfinished.h"

namespace clew::app::cli {
namespace {

using api::client::ListedTag;
using api::client::ListedValue;
using traceql::Unfinished;

/// More are no help, and take a shell long.
constexpr std::size_t kWordsMax = 500;

struct ShellWord {
  std::string text{};
  /// The quote that is open at its end; 0: none.
  char quote = 0;
  bool begins_with_quote = false;
};

/// The words of a line. The last one is what is being typed, and may be empty.
std::vector<ShellWord> ShellWords(std::string_view line) {
  std::vector<ShellWord> words(1);
  bool is_begun = false;
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    ShellWord& word = words.back();
    if (quote == 0 && (c == ' ' || c == '\t' || c == '\n')) {
      if (is_begun) words.emplace_back();
      is_begun = false;
      continue;
    }
    if (quote == 0 && (c == '\'' || c == '"')) {
      word.begins_with_quote = word.begins_with_quote || !is_begun;
      quote = c;
    } else if (quote != 0 && c == quote) {
      quote = 0;
    } else if (c == '\\' && quote != '\'' && i + 1 < line.size()) {
      word.text += line[++i];
    } else {
      word.text += c;
    }
    is_begun = true;
  }
  words.back().quote = quote;
  return words;
}

bool IsClew(std::string_view word) { return word == "clew" || word.ends_with("/clew"); }

/// An option whose value is the next word: all of `clew query` but for one.
bool TakesNextWord(std::string_view word) {
  return word.starts_with('-') && word.find('=') == std::string_view::npos && word != "--instant" &&
         word != "--";
}

std::optional<std::string> OptionIn(std::span<const ShellWord> words, std::string_view name) {
  std::optional<std::string> value;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i].text;
    if (word == name && i + 1 < words.size()) value = words[i + 1].text;
    if (word.starts_with(name) && word.substr(name.size()).starts_with('=')) {
      value = word.substr(name.size() + 1);
    }
  }
  return value;
}

/// Attributes as a query writes them. Without their scope, when a dot is what was typed; and while
/// the scope itself is being typed, no more than that.
std::vector<std::string> NamesOf(const std::vector<ListedTag>& tags, std::string_view typed) {
  constexpr auto kScopes = std::to_array<traceql::Scope>(
      {traceql::Scope::kSpan, traceql::Scope::kResource, traceql::Scope::kEvent,
       traceql::Scope::kLink, traceql::Scope::kInstrumentation});
  const bool is_in_scope = typed.find('.') != std::string_view::npos;
  std::vector<std::string> names;
  for (const ListedTag& tag : tags) {
    if (tag.scope == "intrinsic") names.push_back(tag.name);
    const auto scope = std::ranges::find(kScopes, std::string_view(tag.scope),
                                         [](auto each) { return traceql::NameOf(each); });
    if (scope == kScopes.end()) continue;
    if (!is_in_scope) {
      names.push_back(tag.scope + '.');
    } else if (!typed.starts_with('.')) {
      names.push_back(traceql::Print(traceql::Attribute{.scope = *scope, .name = tag.name}));
    } else if (*scope == traceql::Scope::kSpan || *scope == traceql::Scope::kResource) {
      names.push_back(traceql::Print(traceql::Attribute{.name = tag.name}));
    }
  }
  return names;
}

std::vector<std::string> LiteralsOf(const std::vector<ListedValue>& values) {
  std::vector<std::string> literals;
  for (const ListedValue& value : values) {
    literals.push_back(value.type == "string" ? traceql::Quote(value.value) : value.value);
  }
  return literals;
}

bool FitsIntoQuotes(const std::string& word) {
  return word.find('\'') == std::string::npos && SafeText(word) == word;
}

/// Those that go on with what was typed.
std::vector<std::string> Fitting(std::vector<std::string> words, std::string_view typed) {
  std::erase_if(words, [&](const std::string& word) {
    return !word.starts_with(typed) || !FitsIntoQuotes(word);
  });
  std::ranges::sort(words);
  words.erase(std::ranges::unique(words).begin(), words.end());
  words.resize(std::min(words.size(), kWordsMax));
  return words;
}

/// What is behind a name or value when it is finished.
std::vector<std::string> Followed(const std::string& word, Unfinished::Kind kind) {
  switch (kind) {
    case Unfinished::Kind::kName:
      return {word + " != ", word + " = "};
    case Unfinished::Kind::kListedName:
      return {word + ")", word + ", "};
    default:
      return {word + " &&", word + " }"};
  }
}

}  // namespace

std::optional<TypedLine> ReadTypedLine(std::string_view line) {
  const std::vector<ShellWord> words = ShellWords(line);
  const ShellWord& last = words.back();
  if (last.quote != '\'' || !last.begins_with_quote) return std::nullopt;
  // The last one: others may stand before it in the line.
  std::size_t query = words.size() - 1;
  while (query > 0 && !(words[query].text == "query" && IsClew(words[query - 1].text))) --query;
  if (query == 0 || query + 1 == words.size()) return std::nullopt;
  const auto options = std::span(words).subspan(query + 1, words.size() - query - 2);
  if (!options.empty() && TakesNextWord(options.back().text)) return std::nullopt;
  return TypedLine{.query = last.text,
                   .url = OptionIn(options, "--tempo"),
                   .tenant = OptionIn(options, "--tenant")};
}

Completion CompleteQuery(std::string_view query, const TagSource& source) {
  const Unfinished place = traceql::FindUnfinished(query);
  const std::string_view typed = query.substr(place.begin);
  const std::string_view before = query.substr(0, place.condition_begin);
  if (place.kind == Unfinished::Kind::kNothing || query.find('\n') != std::string_view::npos) {
    return {};
  }
  std::vector<std::string> words;
  if (place.kind == Unfinished::Kind::kValue) {
    const auto values = source.values(traceql::Print(place.attribute), before);
    if (values.has_value()) words = LiteralsOf(*values);
  } else {
    const auto tags = source.tags(before);
    if (!tags.has_value()) return {};
    words = Fitting(NamesOf(*tags, typed), typed);
    // Of the one scope that it can be, what is in it.
    if (words.size() == 1 && words[0].ends_with('.')) words = NamesOf(*tags, words[0]);
  }
  words = Fitting(std::move(words), typed);
  if (words.size() == 1) words = Followed(words.front(), place.kind);
  // `{ .a =` is as right as `{ .a = `.
  const bool needs_gap = typed.empty() && !query.ends_with(' ') && !query.ends_with('(');
  return {.kept = std::string(query.substr(0, place.begin)) + (needs_gap ? " " : ""),
          .words = std::move(words)};
}

}  // namespace clew::app::cli
