#include "app/cli/series_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "app/cli/text.h"

namespace clew::app::cli {

std::string SeriesText(const api::client::Series& series) {
  std::string name;
  std::string labels;
  for (const api::client::Label& label : series.labels) {
    if (label.key == "__name__") {
      name = label.value;
    } else {
      labels +=
          fmt::format("{}{}={}", labels.empty() ? "" : ", ", label.key, JsonText(label.value));
    }
  }
  return SafeText(labels.empty() && !name.empty() ? name : name + "{" + labels + "}");
}

std::string ValueText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Inf" : "+Inf";
  return fmt::format("{:.6g}", value);
}

std::string MillisText(std::int64_t millis) {
  constexpr std::int64_t kNanos = 1'000'000;
  constexpr std::int64_t kMillisMax = std::numeric_limits<std::int64_t>::max() / kNanos;
  return TimeText(std::clamp(millis, -kMillisMax, kMillisMax) * kNanos);
}

}  // namespace clew::app::cli
