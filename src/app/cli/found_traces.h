#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "api/client/tempo_answers.h"
#include "app/cli/style.h"

namespace clew::app::cli {

/// For each trace that a query in TraceQL found a line, or two where `width`, the columns of the
/// screen, is too small for one; below it a line for each span that matched.
std::string DrawFoundTraces(const std::vector<api::client::FoundTrace>& traces, std::size_t width,
                            const Style& style);

}  // namespace clew::app::cli
