#pragma once

#include <cstdint>

namespace clew::model {

/// What a received body may be unpacked. One number for everybody: what a receiver took, the replay
/// of the log and every follower must be able to read.
inline constexpr std::uint64_t kBodyBytesMax = 1u << 30;

}  // namespace clew::model
