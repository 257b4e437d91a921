#pragma once

#include "log/log.h"

namespace clew::pipeline {

/// What an extension is besides when the log of logged pipelines is its own
/// (docs/design/002-log-and-followers.md). Found by dynamic_cast; exactly one runs.
class LogProvider {
 public:
  virtual ~LogProvider() = default;
  /// Open from the extension's Start until its Stop.
  virtual log::Log& log() = 0;
};

}  // namespace clew::pipeline
