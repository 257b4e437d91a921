#pragma once

#include "base/damage.h"
#include "base/metrics.h"

namespace clew::storage {

/// How often something in a small file beside the blocks was found damaged; `file` is its name.
prometheus::Counter& DamagedFiles(base::Metrics& metrics, const char* file);

/// Logs and counts what was found damaged in one.
void ReportDamagedFile(base::Metrics& metrics, const char* file, const base::Damage& damage);

}  // namespace clew::storage
