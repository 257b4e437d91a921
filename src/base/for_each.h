#pragma once

#include <cstddef>
#include <functional>

#include "base/worker_pool.h"

namespace clew::base {

/// How many calls of ForEach's `work` are under way at once: as many as the machine has cores, one
/// without workers.
std::size_t CountAtOnce(const WorkerPool* workers);

/// Calls `work` with each number below `count`, in no order, on this thread and on those of
/// `workers` that have time; all calls have ended when it returns. This thread waits for none that
/// has not begun, so it comes to an end however busy the pool is, and `work` may use ForEach
/// itself. What a call throws is thrown here, when none is under way any more; no other begins
/// then. Null workers: all on this thread.
void ForEach(WorkerPool* workers, std::size_t count, const std::function<void(std::size_t)>& work);

}  // namespace clew::base
