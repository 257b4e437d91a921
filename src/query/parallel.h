#pragma once

#include <cstddef>
#include <functional>

#include "base/worker_pool.h"

namespace clew::query {

/// Calls work(i) for each i < count, on this thread and on those of `helpers` that have nothing
/// else to do, and returns when all calls have; the order is any. What a call throws is thrown
/// here, when no call is under way any more. Never waits for a helper to begin: when all of them
/// are busy, this thread does everything. Null: no helpers.
void ForEachInParallel(base::WorkerPool* helpers, std::size_t count,
                       const std::function<void(std::size_t)>& work);

}  // namespace clew::query
