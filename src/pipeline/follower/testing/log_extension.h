#pragma once

#include <memory>

#include "log/log.h"
#include "pipeline/component.h"
#include "pipeline/follower/log_provider.h"

namespace clew::pipeline::testing {

/// An extension that gives a log of the test's, which outlives it.
class LogExtension final : public Extension, public LogProvider {
 public:
  explicit LogExtension(log::Log& log) : log_(log) {}
  Status Start(Host&) override { return {}; }
  void Stop(Deadline) override {}
  std::shared_ptr<log::Log> log() override { return {std::shared_ptr<void>(), &log_}; }

 private:
  log::Log& log_;
};

}  // namespace clew::pipeline::testing
