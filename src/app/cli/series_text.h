#pragma once

#include <cstdint>
#include <string>

#include "api/client/tempo_answers.h"

namespace clew::app::cli {

/// What a series is called, as Prometheus writes it: `rate`, `{span.http.method="GET"}`.
std::string SeriesText(const api::client::Series& series);

/// Up to six digits: "0.25", "1.5e+09", "NaN", "+Inf".
std::string ValueText(double value);

/// "2026-11-23 04:30:12.123" in UTC, of milliseconds since 1970.
std::string MillisText(std::int64_t millis);

}  // namespace clew::app::cli
