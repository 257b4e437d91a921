#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace clew::base {

/// Resident memory of this process in bytes, from /proc/self/statm.
Result<std::uint64_t> ResidentBytes();

/// The memory this process may have: the least of the machine's and its cgroup's (v2, v1).
Result<std::uint64_t> TotalBytes();

/// The same from files below `root`, which ends without '/'; for tests.
Result<std::uint64_t> TotalBytesForTest(const std::string& root);

/// Resident memory of this process that the allocator holds free, in bytes, roughly: what is
/// resident and no file's less what is in use. 0 where that cannot be read.
std::uint64_t FreeResidentBytes();

/// Gives memory that the allocator holds free back to the system.
void ReleaseFreeMemory();

}  // namespace clew::base
