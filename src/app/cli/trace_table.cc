#include "app/cli/trace_table.h"

#include <fmt/core.h>

#include <algorithm>

#include "app/cli/text.h"

namespace clew::app::cli {
namespace {

constexpr std::size_t kIdWidth = 32;
constexpr std::size_t kTimeWidth = 19;
constexpr std::size_t kDurationWidth = 8;
constexpr std::size_t kCountWidth = 6;
constexpr std::size_t kRootWidthMin = 20;

std::string RootText(const analysis::TraceSummary& trace) {
  if (trace.root_service.empty() && trace.root_operation.empty()) {
    return trace.services.empty() ? "(root not seen)"
                                  : SafeText(trace.services.front().name) + " (root not seen)";
  }
  return SafeText(trace.root_service) + " " + SafeText(trace.root_operation);
}

}  // namespace

std::string DrawTraceTable(const std::vector<analysis::TraceSummary>& traces, std::size_t width,
                           const Style& style) {
  const std::size_t fixed_width = kIdWidth + kTimeWidth + kDurationWidth + 2 * kCountWidth + 5;
  const bool is_one_line = width >= fixed_width + kRootWidthMin;
  const std::string root_begin = is_one_line ? " " : "\n  ";
  const std::size_t root_width = is_one_line ? width - fixed_width : width - 2;
  std::string out = style.Paint(
      Ink::kDim,
      fmt::format("{} {} {} {} {}{}", Fit("TRACE", kIdWidth), Fit("STARTED (UTC)", kTimeWidth),
                  FitRight("DURATION", kDurationWidth), FitRight("SPANS", kCountWidth),
                  FitRight("ERRORS", kCountWidth), is_one_line ? " ROOT" : ""));
  out += '\n';
  for (const analysis::TraceSummary& trace : traces) {
    std::string errors = FitRight(
        trace.error_span_count == 0 ? "-" : CountText(trace.error_span_count), kCountWidth);
    if (trace.error_span_count > 0) {
      errors = style.Paint(Ink::kRed, errors);
    }
    std::string root = RootText(trace);
    if (TextWidth(root) > root_width) {
      root = Fit(root, root_width);
    }
    out += fmt::format("{} {} {} {} {}{}{}\n", trace.trace_id.ToHex(),
                       TimeText(trace.start_min).substr(0, kTimeWidth),
                       FitRight(DurationText(trace.duration()), kDurationWidth),
                       FitRight(CountText(trace.span_count), kCountWidth), errors, root_begin,
                       style.PaintService(trace.root_service, root));
  }
  return out;
}

}  // namespace clew::app::cli
