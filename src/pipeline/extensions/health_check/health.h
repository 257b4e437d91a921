#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/vocabulary.h"
#include "net/http_server.h"
#include "pipeline/extensions/health_check/config.h"

namespace clew::pipeline::extensions::health_check {

/// What the extension knows, and how it says so. Any thread.
class Health {
 public:
  /// `config` and `clock` outlive this.
  Health(const Config& config, const Clock& clock) : config_(config), clock_(clock) {}

  /// All pipelines run.
  void SetReady();
  /// They begin to stop.
  void SetNotReady();

  /// `extensions` is what the others say of their readiness (Host::CheckReady).
  net::HttpResponse Answer(const net::HttpRequest& request, const Status& extensions) const;

 private:
  struct State {
    std::optional<UnixNanos> up_since;
    Status status;
  };

  State Now(const Status& extensions) const;
  net::HttpResponse AnswerAsCollector(const State& state) const;

  const Config& config_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::optional<UnixNanos> up_since_;
};

}  // namespace clew::pipeline::extensions::health_check
