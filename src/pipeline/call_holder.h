#pragma once

namespace clew::pipeline {

/// What an exporter is besides in which a call may wait for long, e.g. until another process is
/// back. Found by dynamic_cast.
class CallHolder {
 public:
  virtual ~CallHolder() = default;
  /// Ends the waits of calls that are under way, but for those with a delivery token, whose source
  /// ends them itself: they fail for a reason that passes. Later calls may wait as before. For a
  /// reload, which leaves the exporter running and stops who calls it. Any thread; returns at once.
  virtual void ReleaseCalls() = 0;
};

}  // namespace clew::pipeline
