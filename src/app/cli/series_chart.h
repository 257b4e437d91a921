#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "api/client/tempo_answers.h"
#include "app/cli/style.h"

namespace clew::app::cli {

/// Draws series over time, as lines. With colours several share a chart; without, each has its own.
/// Above a chart stands what its series are called, with their least, greatest and last value. All
/// charts have the same scale. `width` is the columns of the screen, at least 60; `series` is not
/// empty.
std::string DrawSeriesChart(std::span<const api::client::Series> series, std::size_t width,
                            const Style& style);

}  // namespace clew::app::cli
