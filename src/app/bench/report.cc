#include "app/bench/report.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace clew::app::bench {
namespace {

constexpr std::size_t kNameWidthMin = 28;

std::string NumberText(double value) {
  if (!std::isfinite(value)) {
    return "null";
  }
  return std::abs(value) >= 1000 || value == std::floor(value) ? fmt::format("{:.0f}", value)
                                                               : fmt::format("{:.4g}", value);
}

}  // namespace

void Report::Add(std::string_view name, double value) {
  fields_.push_back({std::string(name), NumberText(value)});
}

void Report::Add(std::string_view name, std::string_view text) {
  fields_.push_back({std::string(name), fmt::format("\"{}\"", text)});
}

std::string Report::ToText() const {
  std::string lines = fmt::format("{}: {} {}\n", bench_, NumberText(value_), unit_);
  std::string json = fmt::format("{{\"bench\":\"{}\",\"value\":{},\"unit\":\"{}\"", bench_,
                                 NumberText(value_), unit_);
  std::size_t width = kNameWidthMin;
  for (const Field& field : fields_) width = std::max(width, field.name.size() + 2);
  for (const Field& field : fields_) {
    lines += fmt::format("  {:<{}}{}\n", field.name, width, field.json);
    json += fmt::format(",\"{}\":{}", field.name, field.json);
  }
  return lines + json + "}\n";
}

double Percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  const auto index =
      static_cast<std::size_t>(std::lround(share * static_cast<double>(values.size() - 1)));
  return values[std::min(index, values.size() - 1)];
}

}  // namespace clew::app::bench
