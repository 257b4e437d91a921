#include "traceql/names.h"

#include <algorithm>
#include <array>

#include "model/enum_words.h"

namespace clew::traceql {
namespace {

constexpr std::array<std::string_view, 5> kAggregates = {"count", "min", "max", "avg", "sum"};

constexpr std::array<std::string_view, 9> kFunctions = {
    "rate",          "count_over_time",    "min_over_time",       "max_over_time", "avg_over_time",
    "sum_over_time", "quantile_over_time", "histogram_over_time", "compare"};

constexpr std::array<std::string_view, 14> kOthers = {
    "true",   "false", "nil",  "error",    "ok",     "unset", "minInt",
    "maxInt", "by",    "with", "coalesce", "select", "topk",  "bottomk"};

// They stand behind a scope only.
constexpr std::array<std::string_view, 8> kScopedWords = {"id",         "traceID",        "spanID",
                                                          "parentID",   "timeSinceStart", "version",
                                                          "childCount", "rootService"};

template <typename Kind, typename Names>
std::optional<Kind> Find(const Names& names, std::string_view name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Kind>(found - names.begin());
}

std::vector<std::string> MakeWords() {
  std::vector<std::string> words;
  for (const IntrinsicInfo& info : AllIntrinsics()) {
    for (const std::string_view spelling : {info.plain, info.scoped}) {
      if (!spelling.empty()) words.emplace_back(spelling);
    }
  }
  words.insert(words.end(), model::kSpanKindWords.begin(), model::kSpanKindWords.end());
  words.insert(words.end(), kOthers.begin(), kOthers.end());
  words.insert(words.end(), kAggregates.begin(), kAggregates.end());
  words.insert(words.end(), kFunctions.begin(), kFunctions.end());
  return words;
}

}  // namespace

std::string_view NameOf(Aggregate::Kind kind) {
  return kAggregates[static_cast<std::size_t>(kind)];
}
std::optional<Aggregate::Kind> FindAggregate(std::string_view name) {
  return Find<Aggregate::Kind>(kAggregates, name);
}

std::string_view NameOf(MetricsFunction::Kind kind) {
  return kFunctions[static_cast<std::size_t>(kind)];
}
std::optional<MetricsFunction::Kind> FindMetricsFunction(std::string_view name) {
  return Find<MetricsFunction::Kind>(kFunctions, name);
}

const std::vector<std::string>& AllWords() {
  static const std::vector<std::string> kWords = MakeWords();
  return kWords;
}

bool IsKeyword(std::string_view word) {
  return std::ranges::find(kScopedWords, word) != kScopedWords.end() ||
         std::ranges::find(AllWords(), word) != AllWords().end();
}

}  // namespace clew::traceql
