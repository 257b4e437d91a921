#include "api/tempo/tag_forms.h"

#include <cstdint>
#include <map>
#include <set>

#include "api/tempo/json_values.h"
#include "api/tempo/protobuf_values.h"
#include "wire/otlp/json_text.h"

namespace clew::api::tempo {
namespace {

using wire::otlp::RepairUtf8;

/// Of all four answers, what they list, and their metrics.
namespace list_field {
enum : std::uint32_t { kItems = 1, kMetrics = 2 };
enum : std::uint32_t { kScopeName = 1, kTags = 2 };
enum : std::uint32_t { kType = 1, kValue = 2 };
enum : std::uint32_t { kInspectedBytes = 1 };
}  // namespace list_field

std::uint64_t BytesOf(const query::QueryStats& stats) {
  std::uint64_t bytes = 0;
  for (const query::OperatorStats& one : stats.operators) bytes += one.bytes_read;
  return bytes;
}

void Key(Json& json, std::string_view key) {
  json.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
}

// {"<key>": what `write_items` writes, "metrics": {...}}
template <typename WriteItems>
std::vector<std::string> JsonAnswer(std::string_view key, const query::QueryStats& stats,
                                    const WriteItems& write_items) {
  rapidjson::StringBuffer buffer;
  Json json(buffer);
  json.StartObject();
  Key(json, key);
  write_items(json);
  json.Key("metrics");
  json.StartObject();
  // What is 0 is not there, as in all JSON of protobuf.
  if (const std::uint64_t bytes = BytesOf(stats); bytes > 0) {
    json.Key("inspectedBytes");
    NumberText(json, bytes);
  }
  json.EndObject();
  json.EndObject();
  return {{buffer.GetString(), buffer.GetSize()}};
}

template <typename Texts>
void TextArray(Json& json, const Texts& texts) {
  json.StartArray();
  for (const std::string_view text : texts) Text(json, text);
  json.EndArray();
}

std::vector<std::string> WithMetrics(MessageParts parts, const query::QueryStats& stats) {
  FieldWriter out;
  MessageField(out, list_field::kMetrics,
               [&] { NumberField(out, list_field::kInspectedBytes, BytesOf(stats)); });
  parts.Add(out.out());
  return std::move(parts).Take();
}

// A field, whose text may be empty: it is an element of a list.
std::string ItemField(std::string_view text) {
  FieldWriter out;
  out.Text(list_field::kItems, RepairUtf8(text));
  return std::move(out.out());
}

template <typename Texts>
std::vector<std::string> TextsAnswer(MediaType type, std::string_view key, const Texts& texts,
                                     const query::QueryStats& stats) {
  if (type != MediaType::kProtobuf) {
    return JsonAnswer(key, stats, [&](Json& json) { TextArray(json, texts); });
  }
  MessageParts parts;
  for (const std::string_view text : texts) parts.Add(ItemField(text));
  return WithMetrics(std::move(parts), stats);
}

}  // namespace

std::vector<std::string> NamesAnswer(MediaType type, const std::vector<std::string_view>& names,
                                     const query::QueryStats& stats) {
  return TextsAnswer(type, "tagNames", names, stats);
}

std::vector<std::string> ScopesAnswer(MediaType type, const ScopeNames& scopes,
                                      const query::QueryStats& stats) {
  if (type != MediaType::kProtobuf) {
    return JsonAnswer("scopes", stats, [&](Json& json) {
      json.StartArray();
      for (const auto& [scope, names] : scopes) {
        json.StartObject();
        json.Key("name");
        Text(json, scope);
        json.Key("tags");
        TextArray(json, names);
        json.EndObject();
      }
      json.EndArray();
    });
  }
  MessageParts parts;
  for (const auto& [scope, names] : scopes) {
    FieldWriter out;
    MessageField(out, list_field::kItems, [&] {
      TextField(out, list_field::kScopeName, scope);
      for (const std::string& name : names) out.Text(list_field::kTags, RepairUtf8(name));
    });
    parts.Add(out.out());
  }
  return WithMetrics(std::move(parts), stats);
}

std::vector<std::string> ValuesAnswer(MediaType type, const std::vector<TypedValue>& values,
                                      const query::QueryStats& stats) {
  std::set<std::string_view> known;
  std::vector<std::string_view> texts;
  for (const TypedValue& value : values) {
    if (known.insert(value.text).second) texts.emplace_back(value.text);
  }
  return TextsAnswer(type, "tagValues", texts, stats);
}

std::vector<std::string> TypedValuesAnswer(MediaType type, const std::vector<TypedValue>& values,
                                           const query::QueryStats& stats) {
  if (type == MediaType::kLlm) {
    std::map<std::string_view, std::vector<std::string_view>> by_type;
    for (const TypedValue& value : values) by_type[value.type].push_back(value.text);
    return JsonAnswer("tagValues", stats, [&](Json& json) {
      json.StartObject();
      for (const auto& [name, texts] : by_type) {
        Key(json, name);
        TextArray(json, texts);
      }
      json.EndObject();
    });
  }
  if (type == MediaType::kJson) {
    return JsonAnswer("tagValues", stats, [&](Json& json) {
      json.StartArray();
      for (const TypedValue& value : values) {
        json.StartObject();
        json.Key("type");
        Text(json, value.type);
        json.Key("value");
        Text(json, value.text);
        json.EndObject();
      }
      json.EndArray();
    });
  }
  MessageParts parts;
  for (const TypedValue& value : values) {
    FieldWriter out;
    MessageField(out, list_field::kItems, [&] {
      TextField(out, list_field::kType, value.type);
      TextField(out, list_field::kValue, RepairUtf8(value.text));
    });
    parts.Add(out.out());
  }
  return WithMetrics(std::move(parts), stats);
}

}  // namespace clew::api::tempo
