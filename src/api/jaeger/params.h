#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/vocabulary.h"

namespace clew::api::jaeger {

/// Readers of parameter values. Errors are INVALID_ARGUMENT and say what is wrong with the text;
/// the caller adds the parameter's name.

/// Decimal with an optional sign, in the given range.
Result<std::int64_t> ParseInteger(std::string_view text, std::int64_t min, std::int64_t max);
/// Go's spellings: 1, t, T, TRUE, true, True and their opposites.
Result<bool> ParseBool(std::string_view text);
/// A JSON object whose values are all strings; null is empty.
Result<std::map<std::string, std::string>> ParseTextMap(std::string_view json);
/// 1 to 32 hex digits.
Result<TraceId> ParseTraceIdHex(std::string_view text);
/// Hex, or base64 of 8 or 16 bytes (standard or URL-safe alphabet, padded or not).
Result<TraceId> ParseTraceId(std::string_view text);

}  // namespace clew::api::jaeger
