#include "pipeline/exporters/debug/format.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

namespace clew::pipeline::exporters::debug {
namespace {

using Out = std::back_insert_iterator<std::string>;

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

/// Calls the functions for each resource, each of its scopes, and each span of both, in order of
/// first appearance. Numbers count from 0 within what holds them.
struct Walker {
  std::function<void(std::size_t number, const model::Resource&)> resource;
  std::function<void(std::size_t number, const model::Scope&)> scope;
  std::function<void(std::size_t number, const model::Span&)> span;

  void Walk(const model::TraceData& data) const {
    using SpansOfScope = std::pair<std::uint32_t, std::vector<const model::Span*>>;
    std::vector<std::vector<SpansOfScope>> by_resource(data.resources.size());
    for (const model::Span& each : data.spans) {
      std::vector<SpansOfScope>& scopes = by_resource[each.resource];
      auto found = std::find_if(scopes.begin(), scopes.end(),
                                [&](const SpansOfScope& s) { return s.first == each.scope; });
      if (found == scopes.end()) {
        found = scopes.insert(scopes.end(), {each.scope, {}});
      }
      found->second.push_back(&each);
    }
    for (std::size_t r = 0; r < by_resource.size(); ++r) {
      resource(r, data.resources[r]);
      for (std::size_t s = 0; s < by_resource[r].size(); ++s) {
        scope(s, data.scopes[by_resource[r][s].first]);
        for (std::size_t n = 0; n < by_resource[r][s].second.size(); ++n) {
          span(n, *by_resource[r][s].second[n]);
        }
      }
    }
  }
};

std::string InlineAttributes(const model::Attributes& attributes) {
  std::string text;
  for (const model::KeyValue& attribute : attributes) {
    text += " " + attribute.key + "=" + model::ValueToText(attribute.value);
  }
  return text;
}

std::string InBrackets(const std::string& schema_url) {
  return schema_url.empty() ? "" : " [" + schema_url + "]";
}

std::string TypedValue(const model::Value& value) {
  static constexpr std::array<const char*, 8> kNames = {"Empty",  "Str",   "Bool",  "Int",
                                                        "Double", "Bytes", "Slice", "Map"};
  return fmt::format("{}({})", kNames[value.data.index()], model::ValueToText(value));
}

void WriteAttributes(const model::Attributes& attributes, const char* indent, Out out) {
  for (const model::KeyValue& attribute : attributes) {
    fmt::format_to(out, "{}-> {}: {}\n", indent, attribute.key, TypedValue(attribute.value));
  }
}

std::string FormatTime(UnixNanos nanos) {
  const time_t seconds = nanos / kNanosPerSecond;
  tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
  std::string fraction = fmt::format(".{:09}", nanos % kNanosPerSecond);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return fmt::format("{}{} +0000 UTC", text.data(), fraction == "." ? "" : fraction);
}

std::string KindName(model::SpanKind kind) {
  static constexpr std::array<const char*, 6> kNames = {"Unspecified", "Internal", "Server",
                                                        "Client",      "Producer", "Consumer"};
  const auto index = static_cast<std::size_t>(kind);
  return index < kNames.size() ? kNames[index] : std::to_string(static_cast<int>(kind));
}

std::string StatusName(model::StatusCode code) {
  static constexpr std::array<const char*, 3> kNames = {"Unset", "Ok", "Error"};
  const auto index = static_cast<std::size_t>(code);
  return index < kNames.size() ? kNames[index] : std::to_string(static_cast<int>(code));
}

std::string IdOrNothing(SpanId id) { return id.is_zero() ? "" : id.ToHex(); }

void WriteEvents(const std::vector<model::Event>& events, Out out) {
  if (events.empty()) {
    return;
  }
  fmt::format_to(out, "Events:\n");
  for (std::size_t i = 0; i < events.size(); ++i) {
    const model::Event& event = events[i];
    fmt::format_to(out,
                   "SpanEvent #{}\n     -> Name: {}\n     -> Timestamp: {}\n"
                   "     -> DroppedAttributesCount: {}\n",
                   i, event.name, FormatTime(event.time), event.dropped_attributes_count);
    if (!event.attributes.empty()) {
      fmt::format_to(out, "     -> Attributes::\n");
      WriteAttributes(event.attributes, "          ", out);
    }
  }
}

void WriteLinks(const std::vector<model::Link>& links, Out out) {
  if (links.empty()) {
    return;
  }
  fmt::format_to(out, "Links:\n");
  for (std::size_t i = 0; i < links.size(); ++i) {
    const model::Link& link = links[i];
    fmt::format_to(out,
                   "SpanLink #{}\n     -> Trace ID: {}\n     -> ID: {}\n     -> TraceState: {}\n"
                   "     -> DroppedAttributesCount: {}\n",
                   i, link.trace_id.ToHex(), link.span_id.ToHex(), link.trace_state,
                   link.dropped_attributes_count);
    if (!link.attributes.empty()) {
      fmt::format_to(out, "     -> Attributes::\n");
      WriteAttributes(link.attributes, "          ", out);
    }
  }
}

void WriteSpan(std::size_t number, const model::Span& span, Out out) {
  const auto line = [&](const char* name, const std::string& value) {
    fmt::format_to(out, "    {:<15}: {}\n", name, value);
  };
  fmt::format_to(out, "Span #{}\n", number);
  line("Trace ID", span.trace_id.ToHex());
  line("Parent ID", IdOrNothing(span.parent_span_id));
  line("ID", span.span_id.ToHex());
  line("Name", span.name);
  line("Kind", KindName(span.kind));
  if (!span.trace_state.empty()) {
    line("TraceState", span.trace_state);
  }
  line("Start time", FormatTime(span.start));
  line("End time", FormatTime(span.end));
  line("Status code", StatusName(span.status));
  line("Status message", span.status_message);
  const std::array<std::pair<const char*, std::uint32_t>, 3> dropped = {
      {{"DroppedAttributesCount", span.dropped_attributes_count},
       {"DroppedEventsCount", span.dropped_events_count},
       {"DroppedLinksCount", span.dropped_links_count}}};
  for (const auto& [name, count] : dropped) {
    if (count > 0) {
      line(name, std::to_string(count));
    }
  }
  if (!span.attributes.empty()) {
    fmt::format_to(out, "Attributes:\n");
    WriteAttributes(span.attributes, "     ", out);
  }
  WriteEvents(span.events, out);
  WriteLinks(span.links, out);
}

}  // namespace

std::string FormatNormal(const model::TraceData& data) {
  std::string text;
  const Out out(text);
  Walker{
      .resource =
          [&](std::size_t number, const model::Resource& resource) {
            fmt::format_to(out, "ResourceTraces #{}{}{}\n", number, InBrackets(resource.schema_url),
                           InlineAttributes(resource.attributes));
          },
      .scope =
          [&](std::size_t number, const model::Scope& scope) {
            fmt::format_to(out, "ScopeTraces #{}{}{}{}{}{}\n", number,
                           scope.name.empty() ? "" : " " + scope.name,
                           scope.version.empty() ? "" : "@", scope.version,
                           InBrackets(scope.schema_url), InlineAttributes(scope.attributes));
          },
      .span =
          [&](std::size_t, const model::Span& span) {
            fmt::format_to(out, "{} {} {}{}\n", span.name, span.trace_id.ToHex(),
                           span.span_id.ToHex(), InlineAttributes(span.attributes));
          },
  }
      .Walk(data);
  return text;
}

std::string FormatDetailed(const model::TraceData& data) {
  std::string text;
  const Out out(text);
  Walker{
      .resource =
          [&](std::size_t number, const model::Resource& resource) {
            fmt::format_to(out, "ResourceSpans #{}\nResource SchemaURL: {}\n", number,
                           resource.schema_url);
            if (!resource.attributes.empty()) {
              fmt::format_to(out, "Resource attributes:\n");
              WriteAttributes(resource.attributes, "     ", out);
            }
          },
      .scope =
          [&](std::size_t number, const model::Scope& scope) {
            fmt::format_to(out, "ScopeSpans #{}\nScopeSpans SchemaURL: {}\n", number,
                           scope.schema_url);
            fmt::format_to(out, "InstrumentationScope {} {}\n", scope.name, scope.version);
            if (!scope.attributes.empty()) {
              fmt::format_to(out, "InstrumentationScope attributes:\n");
              WriteAttributes(scope.attributes, "     ", out);
            }
          },
      .span = [&](std::size_t number, const model::Span& span) { WriteSpan(number, span, out); },
  }
      .Walk(data);
  return text;
}

}  // namespace clew::pipeline::exporters::debug
