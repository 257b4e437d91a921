#include <fmt/format.h>

#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "analysis/adjust.h"
#include "analysis/span_time.h"
#include "base/duration.h"

namespace clew::analysis {
namespace {

using model::Attributes;
using model::Span;
using model::TraceData;
using model::Value;

/// What tells one clock from another; empty when the resource names no host.
std::string HostKey(const Attributes& resource) {
  if (const auto id = model::FindString(resource, "host.id"); !id.empty()) {
    return std::string(id);
  }
  if (const Value* ip = model::FindAttribute(resource, "host.ip")) {
    if (const auto* text = std::get_if<std::string>(&ip->data)) {
      return *text;
    }
    const auto* list = std::get_if<Value::Array>(&ip->data);
    if (list != nullptr && !list->empty()) {
      return model::ValueToText(list->front());
    }
  }
  return std::string(model::FindString(resource, "host.name"));
}

/// How far the child must move to lie under its parent as a call does.
UnixNanos SkewOf(const Span& child, const Span& parent) {
  const UnixNanos child_duration = child.duration().count();
  const UnixNanos parent_duration = parent.duration().count();
  if (child_duration > parent_duration) {
    // It went on after the parent, or the parent gave up: only its start can be judged.
    return child.start < parent.start ? Difference(parent.start, child.start) : 0;
  }
  if (child.start >= parent.start &&
      Sum(child.start, child_duration) <= Sum(parent.start, parent_duration)) {
    return 0;
  }
  const UnixNanos latency = Difference(parent_duration, child_duration) / 2;
  return Difference(Sum(parent.start, latency), child.start);
}

void Move(Span* span, UnixNanos delta, Nanos delta_max) {
  if (delta == 0) {
    return;
  }
  const std::string text = base::FormatDuration(Nanos(delta));
  const bool is_within = delta >= -delta_max.count() && delta <= delta_max.count();
  if (delta_max.count() == 0) {
    span->warnings.push_back(
        fmt::format("clock skew adjustment disabled; not applying calculated delta of {}", text));
  } else if (!is_within) {
    span->warnings.push_back(fmt::format(
        "max clock skew adjustment delta of {} exceeded; not applying calculated delta of {}",
        base::FormatDuration(delta_max), text));
  } else {
    span->start = Sum(span->start, delta);
    // What has not ended stays so.
    span->end = span->end == 0 ? 0 : Sum(span->end, delta);
    for (model::Event& event : span->events) {
      event.time = Sum(event.time, delta);
    }
    span->warnings.push_back(fmt::format("This span's timestamps were adjusted by {}", text));
  }
}

class SkewAdjuster {
 public:
  SkewAdjuster(TraceData& trace, Nanos delta_max) : trace_(trace), delta_max_(delta_max) {
    for (const model::Resource& resource : trace.resources) {
      host_keys_.push_back(HostKey(resource.attributes));
    }
  }

  void Run() {
    Connect();
    while (!open_.empty()) {
      const Step step = open_.back();
      open_.pop_back();
      Visit(step);
    }
  }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  /// A span to judge, with the skew in force above it.
  struct Step {
    std::size_t span;
    std::size_t parent;
    std::uint32_t skew_resource;
    UnixNanos skew;
  };

  void Connect() {
    std::unordered_map<SpanId, std::size_t> by_id;
    by_id.reserve(trace_.spans.size());
    std::vector<bool> is_in_tree(trace_.spans.size(), true);
    for (std::size_t i = 0; i < trace_.spans.size(); ++i) {
      if (!by_id.emplace(trace_.spans[i].span_id, i).second) {
        trace_.spans[i].warnings.emplace_back("duplicate span IDs; skipping clock skew adjustment");
        is_in_tree[i] = false;
      }
    }
    children_.resize(trace_.spans.size());
    for (std::size_t i = 0; i < trace_.spans.size(); ++i) {
      Span& span = trace_.spans[i];
      if (!is_in_tree[i]) {
        continue;
      }
      const auto parent = by_id.find(span.parent_span_id);
      if (!span.parent_span_id.is_zero() && parent != by_id.end()) {
        children_[parent->second].push_back(i);
        continue;
      }
      if (!span.parent_span_id.is_zero()) {
        span.warnings.push_back(
            fmt::format("invalid parent span IDs={}; skipping clock skew adjustment",
                        span.parent_span_id.ToHex()));
      }
      open_.push_back({i, kNone, span.resource, 0});
    }
  }

  void Visit(Step step) {
    Span& span = trace_.spans[step.span];
    const std::string& host = host_keys_[span.resource];
    if (step.parent != kNone && (host.empty() || host != host_keys_[step.skew_resource])) {
      step.skew_resource = span.resource;
      step.skew = SkewOf(span, trace_.spans[step.parent]);
    }
    Move(&span, step.skew, delta_max_);
    for (const std::size_t child : children_[step.span]) {
      open_.push_back({child, step.span, step.skew_resource, step.skew});
    }
  }

  TraceData& trace_;
  const Nanos delta_max_;
  std::vector<std::string> host_keys_;  // by resource
  std::vector<std::vector<std::size_t>> children_;
  std::vector<Step> open_;
};

}  // namespace

void AdjustClockSkew(TraceData& trace, Nanos delta_max) { SkewAdjuster(trace, delta_max).Run(); }

}  // namespace clew::analysis
