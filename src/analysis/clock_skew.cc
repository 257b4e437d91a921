#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "analysis/adjust.h"
#include "analysis/span_time.h"
#include "base/duration.h"
#include "model/attribute_index.h"
#include "wire/otlp/materialize.h"

namespace clew::analysis {
namespace {

using model::AttributeIndex;
using model::SpanColumns;
using model::Value;
using model::ValueType;
using Entries = std::span<const AttributeIndex::Entry>;

/// The first value of the key.
const AttributeIndex::Entry* Find(Entries attributes, std::string_view key) {
  const auto found = std::ranges::find(attributes, key, &AttributeIndex::Entry::key);
  return found == attributes.end() ? nullptr : &*found;
}

/// Of the first value, when it is a text.
std::string_view FindText(Entries attributes, std::string_view key) {
  const AttributeIndex::Entry* const found = Find(attributes, key);
  return found != nullptr && found->type() == ValueType::kString ? found->text()
                                                                 : std::string_view();
}

/// What tells one clock from another. Views of the resources' text; what is none there is made
/// once for all that share it.
class HostKeys {
 public:
  explicit HostKeys(const SpanColumns& columns) {
    const AttributeIndex resources(columns, model::Owner::kResource, columns.resources.count());
    keys_.reserve(columns.resources.count());
    for (std::size_t row = 0; row < columns.resources.count(); ++row) {
      keys_.push_back(KeyOf(resources.Row(row)));
    }
  }
  /// Empty when the resource names no host.
  std::string_view operator[](std::size_t resource) const { return keys_[resource]; }

 private:
  std::string_view KeyOf(Entries resource) {
    if (const auto id = FindText(resource, "host.id"); !id.empty()) return id;
    if (const AttributeIndex::Entry* const ip = Find(resource, "host.ip")) {
      if (ip->type() == ValueType::kString) return ip->text();
      if (ip->type() == ValueType::kArray) {
        if (const std::string* const first = FirstOf(ip->text())) return *first;
      }
    }
    return FindText(resource, "host.name");
  }

  /// Null when the list has no element.
  const std::string* FirstOf(std::string_view list) {
    const auto [made, is_new] =
        first_of_lists_.try_emplace(std::pair(list.data(), list.size()), std::nullopt);
    if (is_new) {
      const Value value = wire::otlp::DecodeNestedValue(ValueType::kArray, list);
      const auto* elements = std::get_if<Value::Array>(&value.data);
      if (elements != nullptr && !elements->empty()) {
        made->second = model::ValueToText(elements->front());
      }
    }
    return made->second ? &*made->second : nullptr;
  }

  std::vector<std::string_view> keys_;  // by resource
  /// By where they lie.
  std::map<std::pair<const char*, std::size_t>, std::optional<std::string>> first_of_lists_;
};

/// When a span was, as it is judged.
struct Times {
  UnixNanos start;
  UnixNanos duration;
};

/// How far the child must move to lie under its parent as a call does.
UnixNanos SkewOf(const Times& child, const Times& parent) {
  if (child.duration > parent.duration) {
    // It went on after the parent, or the parent gave up: only its start can be judged.
    return child.start < parent.start ? Difference(parent.start, child.start) : 0;
  }
  if (child.start >= parent.start &&
      Sum(child.start, child.duration) <= Sum(parent.start, parent.duration)) {
    return 0;
  }
  const UnixNanos latency = Difference(parent.duration, child.duration) / 2;
  return Difference(Sum(parent.start, latency), child.start);
}

class SkewAdjuster {
 public:
  SkewAdjuster(ShownTrace& trace, Nanos delta_max)
      : trace_(trace), spans_(trace.spans), delta_max_(delta_max), host_keys_(trace.spans) {}

  void Run() {
    Connect();
    while (!open_.empty()) {
      const Step step = open_.back();
      open_.pop_back();
      Visit(step);
    }
  }

 private:
  static constexpr std::uint32_t kNone = static_cast<std::uint32_t>(-1);

  /// A span to judge, with the skew in force above it.
  struct Step {
    std::uint32_t span;
    std::uint32_t parent;
    std::uint32_t skew_resource;
    UnixNanos skew;
  };

  void Connect() {
    const auto count = static_cast<std::uint32_t>(spans_.span_count());
    std::unordered_map<SpanId, std::uint32_t> by_id;
    by_id.reserve(count);
    std::vector<bool> is_in_tree(count, true);
    for (std::uint32_t row = 0; row < count; ++row) {
      if (!by_id.emplace(spans_.span_ids[row], row).second) {
        trace_.warnings.Add(row, "duplicate span IDs; skipping clock skew adjustment");
        is_in_tree[row] = false;
      }
    }
    children_.resize(count);
    for (std::uint32_t row = 0; row < count; ++row) {
      if (!is_in_tree[row]) {
        continue;
      }
      const SpanId& parent_id = spans_.parent_span_ids[row];
      const auto parent = by_id.find(parent_id);
      if (!parent_id.is_zero() && parent != by_id.end()) {
        children_[parent->second].push_back(row);
        continue;
      }
      if (!parent_id.is_zero()) {
        trace_.warnings.Add(
            row, fmt::format("invalid parent span IDs={}; skipping clock skew adjustment",
                             parent_id.ToHex()));
      }
      open_.push_back({row, kNone, spans_.resource_indexes[row], 0});
    }
  }

  Times TimesOf(std::uint32_t row) const {
    return {spans_.starts[row], model::SpanDuration(spans_.starts[row], spans_.ends[row]).count()};
  }

  void Visit(Step step) {
    const std::uint32_t resource = spans_.resource_indexes[step.span];
    const std::string_view host = host_keys_[resource];
    if (step.parent != kNone && (host.empty() || host != host_keys_[step.skew_resource])) {
      step.skew_resource = resource;
      step.skew = SkewOf(TimesOf(step.span), TimesOf(step.parent));
    }
    Move(step.span, step.skew);
    for (const std::uint32_t child : children_[step.span]) {
      open_.push_back({child, step.span, step.skew_resource, step.skew});
    }
  }

  void Move(std::uint32_t row, UnixNanos delta) {
    if (delta == 0) {
      return;
    }
    const std::string text = base::FormatDuration(Nanos(delta));
    const bool is_within = delta >= -delta_max_.count() && delta <= delta_max_.count();
    if (delta_max_.count() == 0) {
      trace_.warnings.Add(
          row,
          fmt::format("clock skew adjustment disabled; not applying calculated delta of {}", text));
    } else if (!is_within) {
      trace_.warnings.Add(
          row,
          fmt::format(
              "max clock skew adjustment delta of {} exceeded; not applying calculated delta of {}",
              base::FormatDuration(delta_max_), text));
    } else {
      MoveTimes(row, delta);
      trace_.warnings.Add(row, fmt::format("This span's timestamps were adjusted by {}", text));
    }
  }

  void MoveTimes(std::uint32_t row, UnixNanos delta) {
    spans_.starts.Set(row, Sum(spans_.starts[row], delta));
    // What has not ended stays so.
    if (spans_.ends[row] != 0) spans_.ends.Set(row, Sum(spans_.ends[row], delta));
    const auto events = std::ranges::equal_range(spans_.events.span_rows, row);
    for (const std::uint32_t& of_event : events) {
      const auto event = static_cast<std::size_t>(&of_event - spans_.events.span_rows.data());
      spans_.events.times.Set(event, Sum(spans_.events.times[event], delta));
    }
  }

  ShownTrace& trace_;
  SpanColumns& spans_;
  const Nanos delta_max_;
  const HostKeys host_keys_;
  std::vector<std::vector<std::uint32_t>> children_;
  std::vector<Step> open_;
};

}  // namespace

void AdjustClockSkew(ShownTrace& trace, Nanos delta_max) { SkewAdjuster(trace, delta_max).Run(); }

}  // namespace clew::analysis
