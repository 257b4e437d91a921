#include "app/cli/waterfall.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <vector>

#include "analysis/span_time.h"
#include "analysis/trace_summary.h"
#include "analysis/trace_tree.h"
#include "app/cli/span_details.h"
#include "app/cli/text.h"
#include "model/service_name.h"
#include "wire/otlp/scatter_objects.h"

namespace clew::app::cli {
namespace {

using analysis::TraceTree;

constexpr std::size_t kDurationWidth = 9;
constexpr std::size_t kNameWidthMin = 24;
/// Deeper spans are drawn at this depth, with their depth in front.
constexpr std::size_t kDepthMax = 16;

class Waterfall {
 public:
  Waterfall(const model::TraceData& trace, const WaterfallOptions& options, const Style& style)
      : trace_(trace),
        options_(options),
        style_(style),
        summary_(analysis::Summarize(wire::otlp::ScatterSpans(trace))),
        tree_(analysis::BuildTraceTree(trace)),
        total_(std::max<std::int64_t>(summary_.duration().count(), 1)) {
    MakePrefixes();
    std::vector<bool> is_seen(trace.resources.size());
    for (std::size_t i = 0; i < tree_.nodes.size(); ++i) {
      is_new_resource_.push_back(!is_seen[SpanOf(i).resource]);
      is_seen[SpanOf(i).resource] = true;
    }
    std::size_t name_width = kNameWidthMin;
    for (std::size_t i = 0; i < tree_.nodes.size(); ++i) {
      name_width = std::max(name_width, TextWidth(prefixes_[i]) + LabelWidth(i));
    }
    name_width_ = std::min(name_width, options.width * 11 / 20);
    bar_width_ = options.width - name_width_ - kDurationWidth - 2;
  }

  std::string Draw() {
    DrawHead();
    DrawAxis();
    for (std::size_t i = 0; i < tree_.nodes.size(); ++i) {
      DrawSpan(i);
    }
    return std::move(out_);
  }

 private:
  const model::Span& SpanOf(std::size_t node) const { return trace_.spans[tree_.nodes[node].span]; }

  bool IsError(std::size_t node) const { return SpanOf(node).status == model::StatusCode::kError; }

  std::string Service(std::size_t node) const { return SafeText(trace_.ServiceName(SpanOf(node))); }

  std::string Name(std::size_t node) const {
    return SafeText(model::OperationName(SpanOf(node).name));
  }

  std::string Mark(std::size_t node) const {
    return fmt::format("{}{}", IsError(node) ? "✗ " : "", tree_.nodes[node].is_orphan ? "? " : "");
  }

  std::size_t LabelWidth(std::size_t node) const {
    return TextWidth(Mark(node)) + TextWidth(Service(node)) + 1 + TextWidth(Name(node));
  }

  /// A call cannot begin before its caller: then the clocks of their hosts disagree.
  bool IsEarly(const TraceTree::Node& node) const {
    return node.parent != TraceTree::kNoParent &&
           trace_.spans[node.span].start < SpanOf(node.parent).start;
  }

  /// The lines of the tree in front of each span's name, and what goes on below it.
  void MakePrefixes() {
    std::vector<std::string> below(tree_.nodes.size());
    prefixes_.resize(tree_.nodes.size());
    for (std::size_t i = 0; i < tree_.nodes.size(); ++i) {
      const TraceTree::Node& node = tree_.nodes[i];
      if (node.depth == 0) {
        continue;
      }
      if (node.depth > kDepthMax) {
        below[i] = below[node.parent];
        prefixes_[i] = fmt::format("{}({}) ", below[i], node.depth);
        continue;
      }
      const std::string& above = below[node.parent];
      prefixes_[i] = above + (node.is_last_child ? "└ " : "├ ");
      below[i] = above + (node.is_last_child ? "  " : "│ ");
    }
    below_ = std::move(below);
  }

  void DrawHead() {
    out_ += fmt::format("{} {}\n", style_.Paint(Ink::kBold, "Trace"),
                        style_.Paint(Ink::kBold, summary_.trace_id.ToHex()));
    std::string facts =
        fmt::format("{} · {} · {} · started {} UTC", DurationText(summary_.duration()),
                    CountText(summary_.span_count, "span"),
                    CountText(summary_.services.size(), "service"), TimeText(summary_.start_min));
    out_ += facts;
    if (summary_.error_span_count > 0) {
      out_ += " · " + style_.Paint(Ink::kRed, CountText(summary_.error_span_count, "error"));
    }
    out_ += '\n';
    if (summary_.orphan_span_count > 0) {
      Remark(fmt::format("{} marked ? because the parent has not arrived",
                         CountText(summary_.orphan_span_count, "span")));
    }
    if (const std::uint64_t count = SharedIdCount(); count > 0) {
      Remark(fmt::format("{} with the id of another, different span", CountText(count, "span")));
    }
    const auto early_count = std::ranges::count_if(
        tree_.nodes, [this](const TraceTree::Node& node) { return IsEarly(node); });
    if (early_count > 0) {
      const auto count = static_cast<std::uint64_t>(early_count);
      Remark(fmt::format("{} before the parent: the clocks of their hosts disagree",
                         count == 1 ? "1 span begins" : CountText(count) + " spans begin"));
    }
    out_ += '\n';
  }

  /// Spans that are not the only one of their id.
  std::uint64_t SharedIdCount() const {
    std::unordered_map<SpanId, std::uint64_t> counts;
    for (const model::Span& span : trace_.spans) {
      ++counts[span.span_id];
    }
    std::uint64_t shared = 0;
    for (const auto& [_, count] : counts) {
      shared += count > 1 ? count : 0;
    }
    return shared;
  }

  void Remark(std::string_view text) { out_ += style_.Paint(Ink::kYellow, text) + "\n"; }

  void DrawAxis() {
    constexpr std::size_t kTickCount = 4;
    std::string axis;
    for (std::size_t tick = 0; tick < kTickCount; ++tick) {
      const std::size_t column = bar_width_ * tick / kTickCount;
      const std::size_t next = bar_width_ * (tick + 1) / kTickCount;
      const auto at = Nanos(static_cast<std::int64_t>(static_cast<double>(total_) *
                                                      static_cast<double>(tick) / kTickCount));
      const std::string label = tick == 0 ? "0" : at > Nanos(0) ? DurationText(at) : "";
      axis += Fit("╷" + label, next - column);
    }
    out_ += style_.Paint(Ink::kDim, fmt::format("{}  {}{}", std::string(name_width_, ' '), axis,
                                                FitRight("duration", kDurationWidth)));
    out_ += '\n';
  }

  void DrawSpan(std::size_t node) {
    const model::Span& span = SpanOf(node);
    const std::string service = Service(node);
    const std::string mark = Mark(node);
    // Cut as plain text first: colours take no columns.
    const std::size_t room = name_width_ - std::min(name_width_, TextWidth(prefixes_[node]));
    const std::string label = Fit(fmt::format("{}{} {}", mark, service, Name(node)), room);
    const std::size_t service_begin = std::min(mark.size(), label.size());
    const std::size_t service_end = std::min(service_begin + service.size(), label.size());
    out_ += style_.Paint(Ink::kDim, Fit(prefixes_[node], name_width_ - room));
    out_ += style_.Paint(IsError(node) ? Ink::kRed : Ink::kYellow, label.substr(0, service_begin));
    out_ += style_.PaintService(service, label.substr(service_begin, service_end - service_begin));
    const std::string name = label.substr(service_end);
    out_ += IsError(node) ? style_.Paint(Ink::kRed, name) : name;
    out_ += "  ";
    DrawBar(node, service);
    out_ += FitRight(DurationText(span.duration()), kDurationWidth);
    out_ += '\n';
    out_ += DetailLines(
        trace_, span,
        {.has_attributes = options_.has_attributes,
         .has_resource = is_new_resource_[node],
         .trace_start = summary_.start_min,
         .indent = below_[node] + (tree_.nodes[node].child_count > 0 ? "│   " : "    ")},
        style_);
  }

  void DrawBar(std::size_t node, const std::string& service) {
    const model::Span& span = SpanOf(node);
    const auto scale = [this](UnixNanos time) {
      const double share = static_cast<double>(analysis::Difference(time, summary_.start_min)) /
                           static_cast<double>(total_);
      return std::clamp(share, 0.0, 1.0) * static_cast<double>(bar_width_);
    };
    auto begin = static_cast<std::size_t>(scale(span.start));
    const auto end = static_cast<std::size_t>(
        std::lround(scale(analysis::Sum(span.start, span.duration().count()))));
    begin = std::min(begin, bar_width_ - 1);
    const bool is_short = end <= begin;
    const std::size_t length = is_short ? 1 : std::min(end, bar_width_) - begin;
    std::string bar;
    for (std::size_t i = 0; i < length; ++i) {
      bar += is_short ? "▏" : "█";
    }
    out_ += std::string(begin, ' ');
    out_ += IsError(node) ? style_.Paint(Ink::kRed, bar) : style_.PaintService(service, bar);
    out_ += std::string(bar_width_ - begin - length, ' ');
  }

  const model::TraceData& trace_;
  const WaterfallOptions& options_;
  const Style& style_;
  const analysis::TraceSummary summary_;
  const TraceTree tree_;
  const std::int64_t total_;
  std::vector<std::string> prefixes_;
  std::vector<std::string> below_;
  /// Whether the node is the first of its resource, whose attributes are shown once.
  std::vector<bool> is_new_resource_;
  std::size_t name_width_ = 0;
  std::size_t bar_width_ = 0;
  std::string out_;
};

}  // namespace

std::string DrawWaterfall(const model::TraceData& trace, const WaterfallOptions& options,
                          const Style& style) {
  return Waterfall(trace, options, style).Draw();
}

}  // namespace clew::app::cli
