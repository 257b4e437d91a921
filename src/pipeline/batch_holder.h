#pragma once

namespace clew::pipeline {

/// What a processor or an exporter is besides that lets batches wait until there is enough to hand
/// on together. Found by dynamic_cast.
class BatchHolder {
 public:
  virtual ~BatchHolder() = default;
  /// What it holds is all that comes for now: who feeds it has no room for more until some of it is
  /// sent. So it waits for nothing more, and hands on what there is. Any thread, short.
  virtual void HandOnSoon() = 0;
};

}  // namespace clew::pipeline
