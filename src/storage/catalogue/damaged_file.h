#pragma once

#include <string>

#include "base/damage.h"
#include "base/metrics.h"
#include "base/result.h"

namespace clew::storage {

/// How often something in a small file beside the blocks was found damaged; `file` is its name.
prometheus::Counter& DamagedFiles(base::Metrics& metrics, const char* file);

/// Logs and counts what was found damaged in one.
void ReportDamagedFile(base::Metrics& metrics, const char* file, const base::Damage& damage);

/// Renames one to <path>.damaged, for somebody to look at, before it is written anew. What is no
/// file is moved aside instead.
base::Status KeepDamagedFile(const std::string& path);

}  // namespace clew::storage
