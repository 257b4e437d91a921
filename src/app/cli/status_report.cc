#include "app/cli/status_report.h"

#include <fmt/core.h>

#include <cmath>
#include <map>

#include "app/cli/text.h"

namespace clew::app::cli {
namespace {

/// Longer names push their value to the right.
constexpr std::size_t kNameWidth = 48;

std::string Padded(std::string_view name, std::size_t width) {
  return TextWidth(name) < width ? Fit(name, width) : fmt::format("{} ", name);
}

/// A number as its name says what it is.
std::string ValueText(std::string_view name, double value) {
  if (name.find("bytes") != std::string_view::npos || name.ends_with("_rss")) {
    return SizeText(value);
  }
  if (name.ends_with("_seconds") || name.ends_with("_uptime")) {
    return DurationText(Nanos(static_cast<std::int64_t>(value * 1e9)));
  }
  if (value >= 0 && value == std::floor(value) && value < 1e18) {
    return CountText(static_cast<std::uint64_t>(value));
  }
  return fmt::format("{:.3g}", value);
}

class Report {
 public:
  Report(const std::vector<telemetry::Sample>& samples, const Style& style)
      : samples_(samples), style_(style) {}

  void Line(std::string_view name, std::string_view value) {
    out_ += fmt::format("  {}{}\n", Padded(name, kNameWidth), value);
  }

  void Head(const std::string& readiness) {
    std::string version = "?";
    if (const telemetry::Sample* info = Find("clew_build_info")) {
      version = SafeText(info->Label("version"));
    }
    const bool is_ready = readiness == "ok";
    out_ += fmt::format("{} {}, {}\n", style_.Paint(Ink::kBold, "clew"), version,
                        is_ready ? style_.Paint(Ink::kGreen, "ready")
                                 : style_.Paint(Ink::kYellow, SafeText(readiness)));
    for (const auto& [name, metric] : {std::pair("uptime", "otelcol_process_uptime"),
                                       std::pair("memory", "otelcol_process_memory_rss"),
                                       std::pair("CPU time", "otelcol_process_cpu_seconds")}) {
      if (const telemetry::Sample* sample = Find(metric)) {
        Line(name, ValueText(metric, sample->value));
      }
    }
  }

  void Components() {
    std::string lines;
    for (const telemetry::Sample& sample : samples_) {
      if (sample.name != "clew_component_up") {
        continue;
      }
      std::string id = SafeText(sample.Label("id"));
      if (!sample.Label("pipeline").empty()) {
        id += fmt::format(" in {}", SafeText(sample.Label("pipeline")));
      }
      const bool is_up = sample.value > 0;
      lines += fmt::format(
          "  {}{}\n", Padded(fmt::format("{} {}", SafeText(sample.Label("kind")), id), kNameWidth),
          is_up ? "running" : style_.Paint(Ink::kRed, "not running"));
    }
    Section("Components", lines);
  }

  /// All samples whose name begins so, with their labels, but without buckets and zero counters.
  void Group(std::string_view title, const std::vector<std::string>& prefixes) {
    std::string lines;
    for (const telemetry::Sample& sample : samples_) {
      for (const std::string& prefix : prefixes) {
        if (!sample.name.starts_with(prefix) || IsPartOfHistogram(sample)) {
          continue;
        }
        const bool is_dull =
            sample.value == 0 && (IsLoss(sample) || sample.name.ends_with("_total"));
        if (!is_dull) {
          lines += SampleLine(sample);
        }
        break;
      }
    }
    Section(title, lines);
  }

  std::string Take() { return std::move(out_); }

 private:
  const telemetry::Sample* Find(std::string_view name) const {
    for (const telemetry::Sample& sample : samples_) {
      if (sample.name == name) {
        return &sample;
      }
    }
    return nullptr;
  }

  static bool IsLoss(const telemetry::Sample& sample) {
    for (const std::string_view word :
         {"refused", "failed", "failures", "dropped", "rejected", "deleted", "quarantined",
          "unreadable", "truncated", "retries"}) {
      if (sample.name.find(word) != std::string::npos) {
        return true;
      }
    }
    return false;
  }

  bool IsPartOfHistogram(const telemetry::Sample& sample) const {
    return !sample.Label("le").empty() || sample.name.ends_with("_sum") ||
           (sample.name.ends_with("_count") &&
            Find(sample.name.substr(0, sample.name.size() - 6) + "_bucket") != nullptr);
  }

  std::string SampleLine(const telemetry::Sample& sample) const {
    std::string name = sample.name.substr(sample.name.find('_') + 1);
    if (name.ends_with("_total")) {
      name.resize(name.size() - 6);
    }
    for (char& byte : name) {
      byte = byte == '_' ? ' ' : byte;
    }
    std::string labels;
    for (const auto& label : sample.labels) {
      labels += fmt::format("{}{}", labels.empty() ? "" : ", ", label.second);
    }
    if (!labels.empty()) {
      name += fmt::format(" ({})", labels);
    }
    const std::string value = ValueText(sample.name, sample.value);
    return fmt::format("  {}{}\n", Padded(SafeText(name), kNameWidth),
                       IsLoss(sample) ? style_.Paint(Ink::kRed, value) : value);
  }

  void Section(std::string_view title, const std::string& lines) {
    if (!lines.empty()) {
      out_ += fmt::format("{}\n{}", style_.Paint(Ink::kBold, title), lines);
    }
  }

  const std::vector<telemetry::Sample>& samples_;
  const Style& style_;
  std::string out_;
};

}  // namespace

std::string DrawStatus(const std::vector<telemetry::Sample>& samples, const std::string& readiness,
                       const Style& style) {
  Report report(samples, style);
  report.Head(readiness);
  report.Components();
  report.Group("Received", {"otelcol_receiver_", "clew_receiver_"});
  report.Group("Processors", {"otelcol_processor_", "clew_processor_"});
  report.Group("Exporters", {"otelcol_exporter_", "clew_exporter_", "clew_follower_"});
  report.Group("Log", {"clew_log_"});
  report.Group("Head", {"clew_head_"});
  report.Group("Blocks", {"clew_block", "clew_storage_"});
  report.Group("Queries", {"clew_query_"});
  return report.Take();
}

}  // namespace clew::app::cli
