#pragma once

namespace clew::pipeline {

/// What a processor or an exporter is besides that lets batches wait until there is enough to hand
/// on together. Found by dynamic_cast.
class BatchHolder {
 public:
  virtual ~BatchHolder() = default;
  /// Who feeds it has no room for more until some of what it has is sent. So, unless something is
  /// on its way already, it waits for nothing more and hands on what there is. True when something
  /// is on its way now. Any thread, short.
  virtual bool HandOnSoon() = 0;
};

}  // namespace clew::pipeline
