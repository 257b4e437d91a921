#include "pipeline/exporters/debug/format.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <string_view>
#include <type_traits>
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

namespace fields = model::fields;
/// Those that the Collector shows in its own way, or, as flags, not at all. The others of the list
/// (model/field_list.h) follow these.
using OwnFields =
    model::FieldList<fields::TraceId, fields::SpanId, fields::Parent, fields::StartOffset,
                     fields::Duration, fields::Kind, fields::StatusCode, fields::Flags,
                     fields::Name, fields::StatusMessage, fields::TraceState,
                     fields::ResourceSchemaUrl, fields::ResourceDropped, fields::ResourceEntities,
                     fields::ScopeName, fields::ScopeVersion, fields::ScopeSchemaUrl,
                     fields::ScopeDropped, fields::EventTime, fields::EventName,
                     fields::LinkTraceId, fields::LinkSpanId, fields::LinkFlags>;

template <typename Field, typename... Own>
constexpr bool IsOneOf(model::FieldList<Own...>) {
  return (std::is_same_v<Field, Own> || ...);
}

/// "dropped_links_count" as "DroppedLinksCount".
std::string Title(std::string_view name) {
  std::string title;
  bool is_begin_of_word = true;
  for (const char c : name) {
    if (c != '_') title += is_begin_of_word ? static_cast<char>(c - 'a' + 'A') : c;
    is_begin_of_word = c == '_';
  }
  return title;
}

std::string ShownValue(const std::string& text) { return text; }
template <typename Number>
  requires std::is_arithmetic_v<Number>
std::string ShownValue(Number number) {
  return std::to_string(number);
}

/// Calls `write(name, value, is_set)` for the fields that have no form of their own.
template <model::Owner kOwner, typename Object, typename Write>
void ForEachOther(const Object& object, const Write& write) {
  model::ForEachField<kOwner>([&](auto field) {
    using Field = decltype(field);
    if constexpr (!IsOneOf<Field>(OwnFields())) {
      const auto& value = field.ObjectIn(object);
      write(Title(Field::name), ShownValue(value), value != std::remove_cvref_t<decltype(value)>());
    }
  });
}

template <model::Owner kOwner, typename Object>
void WriteOthersOfItem(const Object& object, Out out) {
  ForEachOther<kOwner>(object, [&](const std::string& name, const std::string& value, bool) {
    fmt::format_to(out, "     -> {}: {}\n", name, value);
  });
}

template <model::Owner kOwner, typename Object>
void WriteOthersOf(std::string_view what, const Object& object, Out out) {
  ForEachOther<kOwner>(object, [&](const std::string& name, const std::string& value, bool is_set) {
    if (is_set) fmt::format_to(out, "{} {}: {}\n", what, name, value);
  });
}

void WriteEvents(const std::vector<model::Event>& events, Out out) {
  if (events.empty()) {
    return;
  }
  fmt::format_to(out, "Events:\n");
  for (std::size_t i = 0; i < events.size(); ++i) {
    const model::Event& event = events[i];
    fmt::format_to(out, "SpanEvent #{}\n     -> Name: {}\n     -> Timestamp: {}\n", i, event.name,
                   FormatTime(event.time));
    WriteOthersOfItem<model::Owner::kEvent>(event, out);
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
    fmt::format_to(out, "SpanLink #{}\n     -> Trace ID: {}\n     -> ID: {}\n", i,
                   link.trace_id.ToHex(), link.span_id.ToHex());
    WriteOthersOfItem<model::Owner::kLink>(link, out);
    if (!link.attributes.empty()) {
      fmt::format_to(out, "     -> Attributes::\n");
      WriteAttributes(link.attributes, "          ", out);
    }
  }
}

void WriteSpan(std::size_t number, const model::Span& span, Out out) {
  const auto line = [&](std::string_view name, const std::string& value) {
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
  ForEachOther<model::Owner::kSpan>(
      span, [&](const std::string& name, const std::string& value, bool is_set) {
        if (is_set) line(name, value);
      });
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
            WriteOthersOf<model::Owner::kResource>("Resource", resource, out);
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
            WriteOthersOf<model::Owner::kScope>("InstrumentationScope", scope, out);
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
