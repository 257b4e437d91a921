#include "wire/otlp/testing/describe.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <type_traits>

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

std::string Describe(const std::string& text) { return Quoted(text); }
std::string Describe(const std::vector<model::EntityRef>& entities) {
  std::string text;
  for (const model::EntityRef& entity : entities) {
    text += fmt::format("\n  entity {} {}", Quoted(entity.schema_url), Quoted(entity.type));
    for (const std::string& key : entity.id_keys) text += " id " + Quoted(key);
    for (const std::string& key : entity.description_keys) text += " about " + Quoted(key);
  }
  return text;
}
template <typename Id>
  requires requires(const Id& id) { id.ToHex(); }
std::string Describe(const Id& id) {
  return id.ToHex();
}
template <typename Number>
  requires(std::is_integral_v<Number> || std::is_enum_v<Number>)
std::string Describe(Number number) {
  return fmt::format("{}", static_cast<std::int64_t>(number));
}

// The listed fields of an object, and its attributes.
template <model::Owner kOwner, typename Object>
std::string DescribeObject(const Object& object) {
  std::string text;
  model::ForEachField<kOwner>([&](auto field) {
    text += fmt::format(" {} {}", field.title, Describe(field.ObjectIn(object)));
  });
  return text + Describe(object.attributes);
}

std::string Describe(const model::Span& span) {
  using enum model::Owner;
  std::string text = "\nspan" + DescribeObject<kSpan>(span);
  for (const model::Event& event : span.events) text += "\n  event" + DescribeObject<kEvent>(event);
  for (const model::Link& link : span.links) text += "\n  link" + DescribeObject<kLink>(link);
  return text;
}

}  // namespace

std::vector<std::string> DescribeSpans(const model::TraceData& data) {
  std::vector<std::string> texts;
  for (const model::Span& span : data.spans) {
    texts.push_back(
        "resource" + DescribeObject<model::Owner::kResource>(data.resources[span.resource]) +
        "\nscope" + DescribeObject<model::Owner::kScope>(data.scopes[span.scope]) + Describe(span));
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

}  // namespace clew::wire::otlp::testing
