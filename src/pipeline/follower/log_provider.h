#pragma once

#include <memory>

#include "log/log.h"

namespace clew::pipeline {

/// What an extension is besides when the log of logged pipelines is its own
/// (docs/design/002-log-and-followers.md). Found by dynamic_cast. When several run, the exporters
/// of a pipeline follow that of the storage which its own store names (Section::StorageId).
class LogProvider {
 public:
  virtual ~LogProvider() = default;
  /// Null before the extension's Start and from its Stop on. Who holds it keeps the log alive, not
  /// open: Stop waits for its holders until its deadline, then closes it. Any thread.
  virtual std::shared_ptr<log::Log> log() = 0;
};

}  // namespace clew::pipeline
