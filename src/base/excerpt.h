#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace clew::base {

/// So many bytes of what somebody sent or wrote are quoted in a message.
inline constexpr std::size_t kExcerptBytesMax = 100;

/// So many of what a server says by way of explanation, which is there to be read.
inline constexpr std::size_t kExplanationBytesMax = 500;

/// `text` as a message may quote it: whole, or its first `bytes_max` bytes (at least 3), cut
/// between characters, with "…" behind them. For everything in a message whose length others
/// choose.
std::string Excerpt(std::string_view text, std::size_t bytes_max = kExcerptBytesMax);

}  // namespace clew::base
