#pragma once

#include <memory>

#include "base/metrics.h"
#include "base/vocabulary.h"

namespace clew::app::telemetry {

/// What the operating system says of a process.
struct ProcessFacts {
  double cpu_seconds = 0;
  double rss_bytes = 0;
  /// The largest rss_bytes so far.
  double rss_bytes_max = 0;
};

/// Reads /proc/<pid>; pid 0 is this process. NOT_FOUND when there is no such process.
Result<ProcessFacts> ReadProcess(int pid);

/// Registers otelcol_process_*, clew_process_* and clew_build_info. They are kept up to date as
/// long as the handle lives. `metrics` and `clock` outlive it.
std::shared_ptr<void> RegisterProcessMetrics(base::Metrics& metrics, const Clock& clock);

}  // namespace clew::app::telemetry
