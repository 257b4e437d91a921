#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace clew::log {

/// The content of the small files beside the segments: a magic of 8 bytes, the payload, and a
/// checksum of both.
std::string SealContent(std::string_view magic, std::string_view payload);
/// The payload, of exactly `payload_size` bytes; nothing when `content` is not sound. Bytes after
/// it are not looked at.
std::optional<std::string_view> UnsealContent(std::string_view magic, std::string_view content,
                                              std::size_t payload_size);

}  // namespace clew::log
