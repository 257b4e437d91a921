#pragma once

#include <cstdint>
#include <string_view>

#include "base/vocabulary.h"

namespace clew::wire::otlp {

/// What both forms of google.rpc.Status share.
inline constexpr std::string_view kRetryInfoTypeUrl = "type.googleapis.com/google.rpc.RetryInfo";

/// Takes any host before the name, as protobuf does.
inline bool IsRetryInfo(std::string_view type_url) {
  return type_url.ends_with("/google.rpc.RetryInfo");
}

inline constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

/// A foreign Duration as ours: negative ones are zero, those too long as long as can be.
Nanos RetryDelay(std::int64_t seconds, std::int64_t nanos);

/// A foreign number as one of the codes, kUnknown when it is none.
Code CodeOfNumber(std::int64_t number);

}  // namespace clew::wire::otlp
