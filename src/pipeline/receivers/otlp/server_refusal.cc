#include "pipeline/receivers/otlp/server_refusal.h"

#include <chrono>

namespace clew::pipeline::receivers::otlp {

Refusal ServerRefusal(int status, const std::string& message) {
  switch (status) {
    case 408:
      return {status, "slow_sender", {Code::kDeadlineExceeded, message}};
    case 413:
      return {status, "too_large", {Code::kResourceExhausted, message}};
    case 503:
      return {status, "overloaded", {Code::kUnavailable, message, std::chrono::seconds(1)}};
    default:
      return {status, "malformed", {Code::kInvalidArgument, message}};
  }
}

}  // namespace clew::pipeline::receivers::otlp
