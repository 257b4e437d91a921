#pragma once

#include "pipeline/factory.h"

namespace clew::pipeline::processors::memory_limiter {

Factory MemoryLimiterFactory();

}  // namespace clew::pipeline::processors::memory_limiter
