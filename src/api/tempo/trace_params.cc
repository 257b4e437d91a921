#include "api/tempo/trace_params.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "api/tempo/params.h"
#include "base/excerpt.h"

namespace clew::api::tempo {
namespace {

bool IsHexDigit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) {
    return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_dash_place = i == 8 || i == 13 || i == 18 || i == 23;
    if (is_dash_place ? text[i] != '-' : !IsHexDigit(text[i])) {
      return false;
    }
  }
  return true;
}

}  // namespace

Result<TraceId> ParseTraceId(std::string_view text) {
  const auto bad = std::ranges::find_if_not(text, IsHexDigit);
  if (bad != text.end()) {
    return base::InvalidArgument(
        "trace IDs can only contain hex characters: invalid character '{}' at position {}", *bad,
        bad - text.begin() + 1);
  }
  if (text.size() > 32) {
    return base::InvalidArgument("trace IDs can't be larger than 128 bits");
  }
  const auto id = TraceId::FromHex(text);
  return id ? Result<TraceId>(*id) : base::InvalidArgument("the trace ID is empty");
}

Result<std::optional<std::int64_t>> UnixSeconds(const net::HttpRequest& request,
                                                std::string_view name) {
  const std::string_view text = Param(request, name);
  if (text.empty()) {
    return std::nullopt;
  }
  std::int64_t seconds = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (code != std::errc() || end != text.data() + text.size()) {
    return base::InvalidArgument("invalid {}: \"{}\" is not an integer of unix seconds", name,
                                 base::Excerpt(text));
  }
  return seconds;
}

UnixNanos NanosOfSeconds(std::int64_t seconds) {
  constexpr UnixNanos kSecond = 1'000'000'000;
  constexpr std::int64_t kSecondsMax = 9'000'000'000;
  return std::clamp(seconds, -kSecondsMax, kSecondsMax) * kSecond;
}

Status CheckTimes(const net::HttpRequest& request) {
  ASSIGN_OR_RETURN(const auto start, UnixSeconds(request, "start"));
  ASSIGN_OR_RETURN(const auto end, UnixSeconds(request, "end"));
  if (start && end && *end <= *start) {
    return base::InvalidArgument(
        "http parameter start must be before end. received start={} end={}", *start, *end);
  }
  return {};
}

Status CheckTraceParams(const net::HttpRequest& request) {
  TRY(CheckTimes(request));
  static constexpr std::array<std::string_view, 5> kModes = {"", "all", "ingesters", "blocks",
                                                             "external"};
  const std::string_view mode = Param(request, "mode");
  if (std::ranges::find(kModes, mode) == kModes.end()) {
    return base::InvalidArgument(
        "invalid value for mode {}, use all, ingesters, blocks or external", base::Excerpt(mode));
  }
  for (const std::string_view name : {"blockStart", "blockEnd"}) {
    const std::string_view block = Param(request, name);
    if (!block.empty() && !IsUuid(block)) {
      return base::InvalidArgument("invalid {}: \"{}\" is not a UUID", name, base::Excerpt(block));
    }
  }
  return {};
}

}  // namespace clew::api::tempo
