#include "pipeline/config/problem.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/url.h"

namespace clew::pipeline {
namespace {

const std::string& SourceName(const Place& place) {
  static const std::string kNone;
  return place.source ? *place.source : kNone;
}

}  // namespace

std::string Problem::ToString() const {
  const std::string& source = SourceName(place);
  // Messages quote what was written.
  const std::string shown = base::RedactUrls(message);
  if (source.empty()) return shown;
  if (place.line == 0) return fmt::format("{}: {}", source, shown);
  return fmt::format("{}:{}: {}", source, place.line, shown);
}

void SortProblems(ProblemList& problems) {
  std::vector<std::string> sources;
  for (const Problem& problem : problems) {
    const std::string& name = SourceName(problem.place);
    if (std::find(sources.begin(), sources.end(), name) == sources.end()) sources.push_back(name);
  }
  const auto rank = [&](const Problem& problem) {
    const auto found = std::find(sources.begin(), sources.end(), SourceName(problem.place));
    return std::pair(found - sources.begin(), problem.place.line);
  };
  std::stable_sort(problems.begin(), problems.end(),
                   [&](const Problem& a, const Problem& b) { return rank(a) < rank(b); });
  const auto is_same = [](const Problem& a, const Problem& b) {
    return a.ToString() == b.ToString();
  };
  problems.erase(std::unique(problems.begin(), problems.end(), is_same), problems.end());
}

std::string FormatProblems(const ProblemList& problems) {
  std::string text;
  for (const Problem& problem : problems) {
    if (!text.empty()) text += '\n';
    text += problem.ToString();
  }
  return text;
}

}  // namespace clew::pipeline
