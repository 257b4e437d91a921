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
#include "model/shown_keys.h"

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
    if (!model::IsAddressKey(attribute.key)) continue;
    auto& data = attribute.value.data;
    if (const auto* number = std::get_if<std::int64_t>(&data)) {
      data = DottedText(static_cast<std::uint32_t>(*number));
    } else if (const auto* real = std::get_if<double>(&data);
               real != nullptr && *real >= 0 && *real <= 4294967295.0) {
      data = DottedText(static_cast<std::uint32_t>(*real));
    }
  }
}

/// What the spans of one resource have under one key.
struct Telemetry {
  const Value* first = nullptr;
  std::size_t span_count = 0;  // of those with just this value
};
using TelemetryByKey = std::array<Telemetry, model::kTelemetryKeys.size()>;

void CountTelemetry(const Attributes& attributes, TelemetryByKey* counts) {
  for (std::size_t i = 0; i < counts->size(); ++i) {
    const auto has_key = [&](const KeyValue& attribute) {
      return attribute.key == model::kTelemetryKeys[i];
    };
    const auto found = std::ranges::find_if(attributes, has_key);
    if (found == attributes.end()) continue;
    if (std::find_if(found + 1, attributes.end(), has_key) != attributes.end()) continue;
    Telemetry& telemetry = (*counts)[i];
    if (telemetry.first == nullptr) telemetry.first = &found->value;
    if (*telemetry.first == found->value) ++telemetry.span_count;
  }
}

/// Of each resource gets what all of its spans say and it does not say itself.
void AddAgreedTelemetry(TraceData& trace) {
  std::vector<TelemetryByKey> counts(trace.resources.size());
  std::vector<std::size_t> span_counts(trace.resources.size());
  for (const Span& span : trace.spans) {
    ++span_counts[span.resource];
    CountTelemetry(span.attributes, &counts[span.resource]);
  }
  for (std::size_t row = 0; row < counts.size(); ++row) {
    Attributes& attributes = trace.resources[row].attributes;
    for (std::size_t i = 0; i < model::kTelemetryKeys.size(); ++i) {
      const Telemetry& telemetry = counts[row][i];
      const std::string_view key = model::kTelemetryKeys[i];
      const bool is_agreed = telemetry.first != nullptr && telemetry.span_count == span_counts[row];
      if (!is_agreed || model::FindAttribute(attributes, key) != nullptr) continue;
      const auto place = std::ranges::upper_bound(attributes, key, {}, &KeyValue::key);
      attributes.insert(place, {std::string(key), *telemetry.first});
    }
  }
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
  AddAgreedTelemetry(trace);
  for (Span& span : trace.spans) {
    std::erase_if(span.attributes, [&](const KeyValue& attribute) {
      if (!model::IsTelemetryKey(attribute.key)) return false;
      const Value* of_resource =
          model::FindAttribute(trace.resources[span.resource].attributes, attribute.key);
      if (of_resource == nullptr) return false;
      if (*of_resource == attribute.value) return true;
      span.warnings.push_back("conflicting values between Span and Resource for attribute " +
                              attribute.key);
      return false;
    });
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
