#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/vocabulary.h"
#include "log/file_system.h"

namespace clew::log {

/// The content of the small files beside the segments: a magic of 8 bytes, the payload, and a
/// checksum of both.
std::string SealContent(std::string_view magic, std::string_view payload);
/// The payload, of exactly `payload_size` bytes; nothing when `content` is not sound. Bytes after
/// it are not looked at.
std::optional<std::string_view> UnsealContent(std::string_view magic, std::string_view content,
                                              std::size_t payload_size);

/// A file larger than this is none of them, and is not read.
inline constexpr std::uint64_t kSealedBytesMax = 64u << 10;

/// The problem of one whose content does not check out.
inline constexpr std::string_view kDamagedFile = "it is damaged";

/// What one of the small files says.
struct SealedFile {
  /// Nothing when it is absent or not sound.
  std::optional<std::string> payload;
  /// Why nothing can be taken from it: it is damaged, or no file. Empty when it is sound or absent.
  std::string problem;
  std::uint64_t size_bytes = 0;
};
/// Reads a small file. What is wrong with itself is no error; what may pass, or is for somebody to
/// permit, is. Also beside a process that writes it.
Result<SealedFile> ReadSealed(FileSystem& files, const std::string& path, std::string_view magic,
                              std::size_t payload_size);
/// The same for a file that its reader can do without: only what may pass is an error.
Result<SealedFile> ReadSealedHint(FileSystem& files, const std::string& path,
                                  std::string_view magic, std::size_t payload_size);

}  // namespace clew::log
