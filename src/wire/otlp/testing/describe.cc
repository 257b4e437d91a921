#include "wire/otlp/testing/describe.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace clew::wire::otlp::testing {
namespace {

using model::Attributes;
using model::Value;
using model::ValueType;

/// Octets that no neighbour can be mistaken for.
std::string Quoted(std::string_view text) { return fmt::format("{}:{}", text.size(), text); }

std::string Describe(const Value& value) {
  const auto type = static_cast<int>(value.type());
  switch (value.type()) {
    case ValueType::kEmpty:
      return "empty";
    case ValueType::kString:
      return "text " + Quoted(std::get<std::string>(value.data));
    case ValueType::kBool:
      return std::get<bool>(value.data) ? "true" : "false";
    case ValueType::kInt:
      return fmt::format("int {}", std::get<std::int64_t>(value.data));
    case ValueType::kDouble:
      return fmt::format("double {:x}", std::bit_cast<std::uint64_t>(std::get<double>(value.data)));
    case ValueType::kBytes:
      return "bytes " + Quoted(std::get<model::ByteString>(value.data).bytes);
    case ValueType::kArray: {
      std::string text = "[";
      for (const Value& item : std::get<Value::Array>(value.data)) text += Describe(item) + ',';
      return text + ']';
    }
    case ValueType::kKvList: {
      std::string text = "{";
      for (const model::KeyValue& item : std::get<Value::KvList>(value.data)) {
        text += Quoted(item.key) + '=' + Describe(item.value) + ',';
      }
      return text + '}';
    }
  }
  return fmt::format("type {}", type);
}

std::string Describe(Attributes attributes) {
  std::stable_sort(attributes.begin(), attributes.end(), [](const auto& a, const auto& b) {
    return std::pair(a.key, a.value.type()) < std::pair(b.key, b.value.type());
  });
  std::string text;
  for (const model::KeyValue& attribute : attributes) {
    text += "\n    " + Quoted(attribute.key) + '=' + Describe(attribute.value);
  }
  return text;
}

std::string Describe(const model::Resource& resource) {
  std::string text = fmt::format("resource {} {}{}", Quoted(resource.schema_url),
                                 resource.dropped_attributes_count, Describe(resource.attributes));
  for (const model::EntityRef& entity : resource.entity_refs) {
    text += fmt::format("\n  entity {} {}", Quoted(entity.schema_url), Quoted(entity.type));
    for (const std::string& key : entity.id_keys) text += " id " + Quoted(key);
    for (const std::string& key : entity.description_keys) text += " about " + Quoted(key);
  }
  return text;
}

std::string Describe(const model::Scope& scope) {
  return fmt::format("\nscope {} {} {} {}{}", Quoted(scope.name), Quoted(scope.version),
                     Quoted(scope.schema_url), scope.dropped_attributes_count,
                     Describe(scope.attributes));
}

std::string Describe(const model::Event& event) {
  return fmt::format("\n  event {} {} {}{}", event.time, Quoted(event.name),
                     event.dropped_attributes_count, Describe(event.attributes));
}

std::string Describe(const model::Link& link) {
  return fmt::format("\n  link {} {} {} {} {}{}", link.trace_id.ToHex(), link.span_id.ToHex(),
                     Quoted(link.trace_state), link.flags, link.dropped_attributes_count,
                     Describe(link.attributes));
}

std::string Describe(const model::Span& span) {
  std::string text = fmt::format(
      "\nspan {} {} parent {} state {} name {} kind {} status {} {} flags {} from {} to {} dropped "
      "{} {} {}{}",
      span.trace_id.ToHex(), span.span_id.ToHex(), span.parent_span_id.ToHex(),
      Quoted(span.trace_state), Quoted(span.name), static_cast<std::int32_t>(span.kind),
      static_cast<std::int32_t>(span.status), Quoted(span.status_message), span.flags, span.start,
      span.end, span.dropped_attributes_count, span.dropped_events_count, span.dropped_links_count,
      Describe(span.attributes));
  for (const model::Event& event : span.events) text += Describe(event);
  for (const model::Link& link : span.links) text += Describe(link);
  return text;
}

}  // namespace

std::vector<std::string> DescribeSpans(const model::TraceData& data) {
  std::vector<std::string> texts;
  for (const model::Span& span : data.spans) {
    texts.push_back(Describe(data.resources[span.resource]) + Describe(data.scopes[span.scope]) +
                    Describe(span));
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

}  // namespace clew::wire::otlp::testing
