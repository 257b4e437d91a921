#include "app/cli/found_traces.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>

#include "app/cli/text.h"

namespace clew::app::cli {
namespace {

using api::client::FoundSet;
using api::client::FoundSpan;
using api::client::FoundTrace;
using api::client::Label;

constexpr std::size_t kIdWidth = 32;
constexpr std::size_t kTimeWidth = 19;
constexpr std::size_t kDurationWidth = 8;
constexpr std::size_t kCountWidth = 7;
constexpr std::size_t kRootWidthMin = 20;

/// `text` and an end of line, cut at the columns of the screen.
std::string Line(const std::string& text, std::size_t width) {
  return (TextWidth(text) > width ? Fit(text, width) : text) + "\n";
}

std::string LabelText(const std::vector<Label>& labels) {
  std::string text;
  for (const Label& label : labels) {
    text += fmt::format("  {}={}", SafeText(label.key), SafeText(label.value));
  }
  return text;
}

/// The server knows milliseconds.
std::string TraceDuration(Nanos duration) {
  return duration == Nanos(0) ? "<1ms" : DurationText(duration);
}

class FoundTraces {
 public:
  FoundTraces(std::size_t width, const Style& style) : width_(width), style_(style) {}

  std::string Draw(const std::vector<FoundTrace>& traces) {
    out_ = style_.Paint(
        Ink::kDim,
        fmt::format("{} {} {} {}{}", Fit("TRACE", kIdWidth), Fit("STARTED (UTC)", kTimeWidth),
                    FitRight("DURATION", kDurationWidth), FitRight("MATCHED", kCountWidth),
                    is_one_line_ ? " ROOT" : ""));
    out_ += '\n';
    for (const FoundTrace& trace : traces) DrawTrace(trace);
    return std::move(out_);
  }

 private:
  void DrawTrace(const FoundTrace& trace) {
    std::uint64_t matched = 0;
    for (const FoundSet& set : trace.sets) matched += set.span_count;
    std::string root = SafeText(trace.root_service);
    if (!trace.root_name.empty()) root += " " + SafeText(trace.root_name);
    const std::size_t room = is_one_line_ ? width_ - kFixedWidth : width_ - 2;
    if (TextWidth(root) > room) root = Fit(root, room);
    out_ += fmt::format("{} {} {} {}{}{}\n", trace.trace_id.ToHex(),
                        TimeText(trace.start).substr(0, kTimeWidth),
                        FitRight(TraceDuration(trace.duration), kDurationWidth),
                        FitRight(CountText(matched), kCountWidth), is_one_line_ ? " " : "\n  ",
                        style_.PaintService(trace.root_service, root));
    for (const FoundSet& set : trace.sets) DrawSet(set);
  }

  void DrawSet(const FoundSet& set) {
    if (!set.attributes.empty()) {
      out_ += style_.Paint(Ink::kDim, Line(fmt::format("  {}{}", CountText(set.span_count, "span"),
                                                       LabelText(set.attributes)),
                                           width_));
    }
    for (const FoundSpan& span : set.spans) {
      const std::string& name = span.name.empty() ? span.span_id : span.name;
      out_ += Line(fmt::format("  · {}  {}{}", SafeText(name), DurationText(span.duration),
                               LabelText(span.attributes)),
                   width_);
    }
    if (set.span_count > set.spans.size()) {
      const std::uint64_t rest = set.span_count - set.spans.size();
      out_ += style_.Paint(Ink::kDim, fmt::format("  · {} more\n", CountText(rest)));
    }
  }

  static constexpr std::size_t kFixedWidth =
      kIdWidth + kTimeWidth + kDurationWidth + kCountWidth + 4;

  const std::size_t width_;
  const Style& style_;
  const bool is_one_line_ = width_ >= kFixedWidth + kRootWidthMin;
  std::string out_;
};

}  // namespace

std::string DrawFoundTraces(const std::vector<FoundTrace>& traces, std::size_t width,
                            const Style& style) {
  return FoundTraces(width, style).Draw(traces);
}

}  // namespace clew::app::cli
