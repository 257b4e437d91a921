#include "net/http_read_watch.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace clew::net {
namespace {

constexpr Nanos kInterval = std::chrono::seconds(1);

}  // namespace

void HttpReadWatch::Begin(Nanos timeout, std::function<void()> on_failure) {
  deadline_ = timer_.In(timeout);
  Wait(std::move(on_failure));
}

void HttpReadWatch::Wait(std::function<void()> on_failure) {
  is_timed_out_ = is_too_slow_ = false;
  read_bytes_ = input_.parser().used_bytes();
  timer_.Set(std::min(deadline_, timer_.In(kInterval)),
             [this, on_failure = std::move(on_failure)] { Look(on_failure); });
}

void HttpReadWatch::Look(std::function<void()> on_failure) {
  const std::uint64_t bytes = input_.parser().used_bytes() - read_bytes_;
  is_timed_out_ = group_.clock.HasPassed(deadline_);
  is_too_slow_ = input_.hold().IsTooSlow(bytes, kInterval) ||
                 (group_.is_stopping && bytes < kStoppingBytesPerSecondMin);
  has_failed() ? on_failure() : Wait(std::move(on_failure));
}

std::optional<HttpReadFailure> HttpReadWatch::failure() const {
  if (is_too_slow_) {
    return HttpReadFailure{503,
                           group_.is_stopping
                               ? "the server stops and the request comes slowly: send it again"
                               : "memory is short and the request comes slowly: send smaller ones"};
  }
  if (!is_timed_out_ || !input_.parser().is_started()) return std::nullopt;
  return HttpReadFailure{408, "the request did not arrive in time"};
}

}  // namespace clew::net
