#pragma once

#include <string>
#include <vector>

#include "storage/span_source.h"

namespace clew::query {

/// model::ServiceName of each resource of the source.
Result<std::vector<std::string>> ServiceNamesOf(const storage::SpanSource& source);

}  // namespace clew::query
