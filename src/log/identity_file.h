#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "log/file_system.h"
#include "log/log.h"

namespace clew::log {

/// What the file "identity" of a log says.
struct IdentityFile {
  Identity identity;
  /// The seed of the checksums in all segments: their headers say it, too, and may be damaged.
  std::uint64_t salt = 0;
};

/// Nothing when it is absent, damaged (which is logged) or the medium cannot give it back.
Result<std::optional<IdentityFile>> ReadIdentityFile(FileSystem& files,
                                                     const std::string& directory);

/// A new identity, written to the file. What cannot be written is logged and counts until the
/// process ends: the worst that follows is that records which a block holds are replayed.
IdentityFile MakeIdentityFile(FileSystem& files, const std::string& directory, std::uint64_t salt);

}  // namespace clew::log
