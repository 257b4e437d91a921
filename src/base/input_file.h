#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace clew::base {

/// The whole of a small file that a person named, of up to `bytes_max`; a larger one is
/// INVALID_ARGUMENT. Never waits for long: an open that would block does not.
///
/// What is no regular file, as a pipe, is read for `pipe_patience` at most, until its writers close
/// it: UNAVAILABLE when that is over. With no patience it is refused, FAILED_PRECONDITION, as a
/// directory is always.
Result<std::string> ReadInputFile(const std::string& path, std::uint64_t bytes_max,
                                  std::chrono::milliseconds pipe_patience = {});

}  // namespace clew::base
