#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "traceql/query.h"

namespace clew::traceql {

/// By which names a query finds an attribute.
enum class Naming : std::uint8_t {
  /// By all that semantic conventions have had for it (model::SameNamesAs). Of several that are
  /// there the first one counts: the name that was asked for, then the others, newest first.
  kAllNames,
  /// By the one that was asked for.
  kAsAsked,
};

/// The hint `with(semantic_conventions=false)`.
Hint AsAskedHint();
/// kAsAsked with that hint, else kAllNames.
Naming NamingOf(const Query& query);

/// The names in the order in which they count; the first one is `name`.
std::vector<std::string> NamesFor(std::string_view name, Naming naming);

}  // namespace clew::traceql
