#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "traceql/query.h"

namespace clew::traceql {

std::string_view NameOf(Aggregate::Kind kind);
std::optional<Aggregate::Kind> FindAggregate(std::string_view name);

std::string_view NameOf(MetricsFunction::Kind kind);
std::optional<MetricsFunction::Kind> FindMetricsFunction(std::string_view name);

/// Whether the language gives a meaning to the word.
bool IsKeyword(std::string_view word);
/// Every word that can stand in a query, and every scoped intrinsic.
const std::vector<std::string>& AllWords();

}  // namespace clew::traceql
