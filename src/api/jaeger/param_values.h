#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/jaeger/search_params.h"
#include "base/vocabulary.h"
#include "net/http_server.h"

/// Values of parameters that both generations of Jaeger's API have.
namespace clew::api::jaeger {

/// Empty when absent.
std::string_view Param(const net::HttpRequest& request, std::string_view name);

/// The upper bound that `bound` stands for: all of its microsecond when it is a whole number of
/// them, since the classic API shows times and durations with what is below cut off, and what is
/// shown must find its span.
std::int64_t IncludingMicrosecond(std::int64_t bound);
/// The same of a duration; zero is no bound and stays so.
Nanos IncludingMicrosecond(Nanos bound);

/// Zero when `text` is empty. INVALID_ARGUMENT for what is none, or negative.
Result<Nanos> ParseDurationParam(std::string_view text);
/// How many traces; the usual number when `text` is empty. INVALID_ARGUMENT for more than one
/// answer may hold.
Result<std::size_t> ParseLimit(std::string_view text, const SearchDefaults& defaults);
/// False when `text` is empty.
Result<bool> ParseFlag(std::string_view text);

}  // namespace clew::api::jaeger
