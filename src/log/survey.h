#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/damage.h"
#include "log/checkpoints.h"
#include "log/file_system.h"
#include "log/identity_file.h"
#include "log/segment_set.h"

namespace clew::log {

/// What a look at all files of a log found: the same for the server that opens it and for who only
/// verifies it. Damaged records are not among it: reading meets them.
struct Survey {
  std::optional<IdentityFile> identity;
  /// Up to here records were acknowledged.
  std::uint64_t end = 0;
  SegmentSet::Loaded loaded;
  /// Small files, headers of segments, and what is missing.
  std::vector<Damage> damages;
};

/// Fills `checkpoints` and `segments`, which are new, from the log in `directory`. Nothing is
/// written, and a server may have the log open meanwhile: what it removes is not missed. An error
/// when something cannot be read that may be another time.
Result<Survey> SurveyLog(FileSystem& files, const std::string& directory, Checkpoints& checkpoints,
                         SegmentSet& segments);

/// The directory of the checkpoints in that of a log.
std::string ConsumersIn(const std::string& directory);

}  // namespace clew::log
