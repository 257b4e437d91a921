#include "analysis/adjust.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

namespace clew::analysis {
namespace {

using model::Attributes;
using model::KeyValue;
using model::Span;
using model::SpanKind;
using model::TraceData;
using model::Value;

SpanId SpanIdOf(std::uint64_t number) {
  SpanId id;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    id.bytes[id.bytes.size() - 1 - i] = static_cast<std::uint8_t>(number >> (8 * i));
  }
  return id;
}

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
  SplitSharedSpanIds(trace);
  SortAttributes(trace);
  RemoveDuplicateSpans(trace);
  AdjustClockSkew(trace, options.clock_skew_max);
  WriteIpAttributesAsText(trace);
  MoveTelemetryAttributes(trace);
  RemoveEmptyLinks(trace);
}

void SplitSharedSpanIds(TraceData& trace) {
  std::unordered_set<SpanId> used;
  std::unordered_set<SpanId> of_clients;
  for (const Span& span : trace.spans) {
    used.insert(span.span_id);
    if (span.kind == SpanKind::kClient) {
      of_clients.insert(span.span_id);
    }
  }
  std::unordered_map<SpanId, SpanId> new_ids;
  std::vector<bool> is_renamed(trace.spans.size(), false);
  std::uint64_t next = 1;
  for (std::size_t i = 0; i < trace.spans.size(); ++i) {
    Span& span = trace.spans[i];
    if (span.kind != SpanKind::kServer || !of_clients.contains(span.span_id)) {
      continue;
    }
    while (!used.insert(SpanIdOf(next)).second) {
      ++next;
    }
    new_ids[span.span_id] = SpanIdOf(next);
    span.parent_span_id = std::exchange(span.span_id, SpanIdOf(next));
    is_renamed[i] = true;
  }
  if (new_ids.empty()) {
    return;
  }
  for (std::size_t i = 0; i < trace.spans.size(); ++i) {
    Span& span = trace.spans[i];
    const auto found = new_ids.find(span.parent_span_id);
    // The server's own parent is the client, which kept the old id.
    if (!is_renamed[i] && found != new_ids.end()) {
      span.parent_span_id = found->second;
    }
  }
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
