#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/damage.h"
#include "log/file_system.h"
#include "log/log.h"

namespace clew::log {

/// What the file "identity" of a log says.
struct IdentityFile {
  Identity identity;
  /// The seed of the checksums in all segments: their headers say it, too, and may be damaged.
  std::uint64_t salt = 0;
};

/// Nothing when it is absent, or damaged, which is added to `damages`.
Result<std::optional<IdentityFile>> ReadIdentityFile(FileSystem& files,
                                                     const std::string& directory,
                                                     std::vector<Damage>& damages);

/// A new identity, written to the file. What cannot be written is logged and counts until the
/// process ends: the worst that follows is that records which a block holds are replayed.
IdentityFile MakeIdentityFile(FileSystem& files, const std::string& directory, std::uint64_t salt);

}  // namespace clew::log
