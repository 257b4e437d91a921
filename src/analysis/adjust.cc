#include "analysis/adjust.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "model/same_spans.h"

namespace clew::analysis {
namespace {

using model::Attributes;
using model::KeyValue;
using model::Span;
using model::TraceData;
using model::Value;

void SortByKey(Attributes* attributes) {
  const auto by_key = [](const KeyValue& a, const KeyValue& b) { return a.key < b.key; };
  if (!std::ranges::is_sorted(*attributes, by_key)) {
    std::ranges::stable_sort(*attributes, by_key);
  }
}

std::string DottedText(std::uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24, (address >> 16) & 255, (address >> 8) & 255,
                     address & 255);
}

void WriteIpAsText(Attributes* attributes) {
  for (KeyValue& attribute : *attributes) {
    if (attribute.key != "ip" && attribute.key != "peer.ipv4") {
      continue;
    }
    auto& data = attribute.value.data;
    if (const auto* number = std::get_if<std::int64_t>(&data)) {
      data = DottedText(static_cast<std::uint32_t>(*number));
    } else if (const auto* real = std::get_if<double>(&data);
               real != nullptr && *real >= 0 && *real <= 4294967295.0) {
      data = DottedText(static_cast<std::uint32_t>(*real));
    }
  }
}

bool IsTelemetryKey(std::string_view key) {
  static constexpr std::array<std::string_view, 5> kKeys = {
      "telemetry.distro.name", "telemetry.distro.version", "telemetry.sdk.language",
      "telemetry.sdk.name", "telemetry.sdk.version"};
  return std::ranges::find(kKeys, key) != kKeys.end();
}

/// True when `attribute` is in `resource` afterwards.
bool AddUnlessDifferent(const KeyValue& attribute, Attributes* resource) {
  if (const Value* existing = model::FindAttribute(*resource, attribute.key)) {
    return *existing == attribute.value;
  }
  const auto place = std::ranges::upper_bound(*resource, attribute.key, {}, &KeyValue::key);
  resource->insert(place, attribute);
  return true;
}

}  // namespace

void AdjustTrace(TraceData& trace, const AdjustOptions& options) {
  model::SplitSharedSpanIds(&trace);
  SortAttributes(trace);
  model::DropDuplicateSpans(&trace);
  WarnOfSharedIds(trace);
  AdjustClockSkew(trace, options.clock_skew_max);
  WriteIpAttributesAsText(trace);
  MoveTelemetryAttributes(trace);
  RemoveEmptyLinks(trace);
}

void SortAttributes(TraceData& trace) {
  for (model::Resource& resource : trace.resources) {
    SortByKey(&resource.attributes);
  }
  for (model::Scope& scope : trace.scopes) {
    SortByKey(&scope.attributes);
  }
  for (Span& span : trace.spans) {
    SortByKey(&span.attributes);
    for (model::Event& event : span.events) {
      SortByKey(&event.attributes);
    }
    std::ranges::stable_sort(span.events, {}, &model::Event::name);
    for (model::Link& link : span.links) {
      SortByKey(&link.attributes);
    }
  }
}

void WarnOfSharedIds(TraceData& trace) {
  std::unordered_map<SpanId, std::size_t> counts;
  counts.reserve(trace.spans.size());
  for (const Span& span : trace.spans) {
    ++counts[span.span_id];
  }
  if (counts.size() == trace.spans.size()) {
    return;
  }
  for (Span& span : trace.spans) {
    if (const std::size_t count = counts[span.span_id]; count > 1) {
      span.warnings.push_back(
          fmt::format("{} different spans of this trace have this span id", count));
    }
  }
}

void WriteIpAttributesAsText(TraceData& trace) {
  for (model::Resource& resource : trace.resources) {
    WriteIpAsText(&resource.attributes);
  }
  for (Span& span : trace.spans) {
    WriteIpAsText(&span.attributes);
  }
}

void MoveTelemetryAttributes(TraceData& trace) {
  for (Span& span : trace.spans) {
    std::vector<std::string> warnings;
    std::erase_if(span.attributes, [&](const KeyValue& attribute) {
      if (!IsTelemetryKey(attribute.key)) {
        return false;
      }
      if (AddUnlessDifferent(attribute, &trace.resources[span.resource].attributes)) {
        return true;
      }
      warnings.push_back("conflicting values between Span and Resource for attribute " +
                         attribute.key);
      return false;
    });
    span.warnings.insert(span.warnings.end(), warnings.begin(), warnings.end());
  }
}

void RemoveEmptyLinks(TraceData& trace) {
  for (Span& span : trace.spans) {
    const auto removed =
        std::erase_if(span.links, [](const model::Link& link) { return link.trace_id.is_zero(); });
    for (std::size_t i = 0; i < removed; ++i) {
      span.warnings.emplace_back("Invalid span link removed");
    }
  }
}

}  // namespace clew::analysis
