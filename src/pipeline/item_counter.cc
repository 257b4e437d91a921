#include "pipeline/item_counter.h"

#include <fmt/core.h>

#include <array>
#include <utility>

namespace clew::pipeline {
namespace {

using Names = std::array<std::string_view, model::kSignals.size()>;
constexpr Names kMetricNames = {"spans", "metric_points", "log_records", "profile_samples"};
constexpr Names kNames = {"spans", "data points", "log records", "samples"};

}  // namespace

std::string_view ItemsMetricName(model::Signal signal) {
  return kMetricNames[std::to_underlying(signal)];
}

std::string_view ItemsName(model::Signal signal) { return kNames[std::to_underlying(signal)]; }

prometheus::Counter& ItemCounter(base::Metrics& metrics, std::string_view prefix,
                                 model::Signal signal, std::string_view description,
                                 const base::Labels& labels) {
  std::string sentence = fmt::format("{} {}", ItemsName(signal), description);
  sentence.front() = static_cast<char>(sentence.front() - 'a' + 'A');
  return metrics.Counter(fmt::format("{}{}", prefix, ItemsMetricName(signal)), sentence, labels);
}

}  // namespace clew::pipeline
