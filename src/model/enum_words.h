#pragma once

#include <array>
#include <string_view>

namespace clew::model {

/// What kinds and statuses are called, by their numbers in OTLP. Who does not know a number takes
/// the first word.
inline constexpr std::array<std::string_view, 6> kSpanKindWords = {
    "unspecified", "internal", "server", "client", "producer", "consumer"};
inline constexpr std::array<std::string_view, 3> kStatusWords = {"unset", "ok", "error"};

}  // namespace clew::model
