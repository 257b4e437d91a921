#pragma once

#include <string>
#include <string_view>

#include "base/metrics.h"
#include "model/signal.h"

namespace clew::pipeline {

/// What the items of a signal are called in the Collector's metrics: "spans", "metric_points",
/// "log_records" or "profile_samples".
std::string_view ItemsMetricName(model::Signal signal);
/// And in a sentence: "spans", "data points", "log records" or "samples".
std::string_view ItemsName(model::Signal signal);

/// A counter of items: its name is `prefix` and what they are called, its description begins with
/// them, e.g. "otelcol_exporter_sent_" and "that their destination took.".
prometheus::Counter& ItemCounter(base::Metrics& metrics, std::string_view prefix,
                                 model::Signal signal, std::string_view description,
                                 const base::Labels& labels);

}  // namespace clew::pipeline
