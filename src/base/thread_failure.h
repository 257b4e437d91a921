#pragma once

#include <cstddef>
#include <system_error>
#include <type_traits>

#include "base/result.h"

namespace clew::base {

/// What `start` gives, a Status or Result; RESOURCE_EXHAUSTED with what to do when a thread could
/// not be started within it. The one place that knows how std::thread says so; what had begun by
/// then is for the destructors of those objects, or for their Stop, to end.
template <typename Start>
std::invoke_result_t<Start> RefuseWithoutThreads(Start start) {
  try {
    return start();
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::resource_unavailable_try_again) throw;
    return MakeError(Code::kResourceExhausted,
                     "cannot start a thread: the system allows no more: raise the limit of "
                     "processes (ulimit -u, or the pids limit of the container)");
  }
}

/// The same error unless `count` threads more can run at once: starts them and has them end. For
/// what would wait without end, or end the process, when it cannot have its threads.
Status CheckThreads(std::size_t count);

}  // namespace clew::base
