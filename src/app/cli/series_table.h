#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "api/client/tempo_answers.h"
#include "app/cli/style.h"

namespace clew::app::cli {

/// A line for each point in time, a column for each series; `-` where it has no value. Series that
/// do not fit into `width`, the columns of the screen, come below with the times again.
std::string DrawSeriesTable(const std::vector<api::client::Series>& series, std::size_t width,
                            const Style& style);

/// A line for each series: its value, and what it is called.
std::string DrawValueTable(const std::vector<api::client::Series>& series, std::size_t width,
                           const Style& style);

}  // namespace clew::app::cli
