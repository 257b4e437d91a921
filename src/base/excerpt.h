#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace clew::base {

/// So many bytes of what somebody sent or wrote are quoted in a message.
inline constexpr std::size_t kExcerptBytesMax = 100;

/// `text` as a message may quote it: whole, or its first kExcerptBytesMax bytes, cut between
/// characters, with "…" behind them. For everything in a message whose length others choose.
std::string Excerpt(std::string_view text);

}  // namespace clew::base
