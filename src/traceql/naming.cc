#include "traceql/naming.h"

#include <algorithm>

#include "model/semantic_names.h"

namespace clew::traceql {

Hint AsAskedHint() { return {.name = "semantic_conventions", .value = Static::Bool(false)}; }

Naming NamingOf(const Query& query) {
  const bool is_off = std::ranges::find(query.hints, AsAskedHint()) != query.hints.end();
  return is_off ? Naming::kAsAsked : Naming::kAllNames;
}

std::vector<std::string> NamesFor(std::string_view name, Naming naming) {
  std::vector<std::string> names = {std::string(name)};
  if (naming == Naming::kAsAsked) return names;
  for (const std::string_view other : model::SameNamesAs(name)) names.emplace_back(other);
  return names;
}

}  // namespace clew::traceql
