#pragma once

#include <string>

#include "log/file_system.h"
#include "log/log.h"

namespace clew::log {

/// Reads the file "identity" of the log in `directory`, or makes a new one: when `is_new`, that is
/// when there is no segment, so that nothing of another log is taken for this one's, and when it is
/// absent or damaged. What cannot be written is logged and counts until the process ends: the worst
/// that follows is that records which a block holds are replayed.
Identity LoadIdentity(FileSystem& files, const std::string& directory, bool is_new);

}  // namespace clew::log
