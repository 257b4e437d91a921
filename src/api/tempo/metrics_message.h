#pragma once

#include <optional>
#include <string>

#include "api/tempo/metrics_params.h"
#include "traceql/metrics/answer.h"

/// What both forms of an answer of metrics agree on.
namespace clew::api::tempo {

/// Of what has no value an instant has nothing to say.
inline bool IsShown(const traceql::metrics::Series& series, MetricsForm form) {
  return form == MetricsForm::kRange || !series.samples.empty();
}

/// Why the answer is partial; nothing when it is not. `partial` says what it lacks besides series.
inline std::optional<std::string> MetricsMessage(const traceql::metrics::Answer& answer,
                                                 const std::optional<std::string>& partial) {
  if (!answer.is_partial) return partial;
  return partial ? answer.message + "; " + *partial : answer.message;
}

}  // namespace clew::api::tempo
