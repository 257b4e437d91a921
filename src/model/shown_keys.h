#pragma once

#include <algorithm>
#include <array>
#include <string_view>

/// Attributes that Jaeger shows in another form than they are stored (jaeger.md section 16).
namespace clew::model {

/// What describes the library that made a span, and is shown at the resource.
inline constexpr std::array<std::string_view, 5> kTelemetryKeys = {
    "telemetry.distro.name", "telemetry.distro.version", "telemetry.sdk.language",
    "telemetry.sdk.name", "telemetry.sdk.version"};

inline bool IsTelemetryKey(std::string_view key) {
  return std::ranges::find(kTelemetryKeys, key) != kTelemetryKeys.end();
}

/// Numbers under these keys of spans and resources are shown as "10.0.0.1".
inline bool IsAddressKey(std::string_view key) { return key == "ip" || key == "peer.ipv4"; }

}  // namespace clew::model
