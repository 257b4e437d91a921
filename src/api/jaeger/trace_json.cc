#include "api/jaeger/trace_json.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "model/service_name.h"

namespace clew::api::jaeger {
namespace {

using model::KeyValue;
using model::Span;
using model::TraceData;
using model::Value;

constexpr std::string_view kRefType = "opentracing.ref_type";
// Beyond it a number of JavaScript loses digits.
constexpr std::int64_t kSafeInteger = (std::int64_t{1} << 53) - 1;

void WriteInteger(JsonWriter& json, std::int64_t number) {
  if (number > kSafeInteger || number < -kSafeInteger) {
    WriteText(json, std::to_string(number));
  } else {
    json.Int64(number);
  }
}

void WriteTag(JsonWriter& json, std::string_view key, const Value& value) {
  json.StartObject();
  WriteMember(json, "key", key);
  if (const auto* truth = std::get_if<bool>(&value.data)) {
    WriteMember(json, "type", "bool");
    WriteKey(json, "value");
    json.Bool(*truth);
  } else if (const auto* number = std::get_if<std::int64_t>(&value.data)) {
    WriteMember(json, "type", "int64");
    WriteKey(json, "value");
    WriteInteger(json, *number);
  } else if (const auto* real = std::get_if<double>(&value.data)) {
    WriteMember(json, "type", "float64");
    WriteKey(json, "value");
    if (std::isfinite(*real)) {
      json.Double(*real);
    } else {
      WriteText(json, model::ValueToText(value));
    }
  } else {
    const bool is_binary = value.type() == model::ValueType::kBytes;
    WriteMember(json, "type", is_binary ? "binary" : "string");
    const auto* text = std::get_if<std::string>(&value.data);
    WriteMember(json, "value", text != nullptr ? *text : model::ValueToText(value));
  }
  json.EndObject();
}

void WriteTextTag(JsonWriter& json, std::string_view key, std::string_view text) {
  json.StartObject();
  WriteMember(json, "key", key);
  WriteMember(json, "type", "string");
  WriteMember(json, "value", text);
  json.EndObject();
}

void WriteWarnings(JsonWriter& json, const std::vector<std::string>& warnings) {
  WriteKey(json, "warnings");
  if (warnings.empty()) {
    json.Null();
    return;
  }
  json.StartArray();
  for (const std::string& warning : warnings) {
    WriteText(json, warning);
  }
  json.EndArray();
}

std::string_view RefType(const model::Link& link) {
  return model::FindString(link.attributes, kRefType) == "child_of" ? "CHILD_OF" : "FOLLOWS_FROM";
}

void WriteReference(JsonWriter& json, std::string_view type, const TraceId& trace_id,
                    const SpanId& span_id) {
  json.StartObject();
  WriteMember(json, "refType", type);
  WriteMember(json, "traceID", TraceIdText(trace_id));
  WriteMember(json, "spanID", span_id.ToHex());
  json.EndObject();
}

void WriteReferences(JsonWriter& json, const Span& span) {
  const auto is_to_parent = [&](const model::Link& link) {
    return !span.parent_span_id.is_zero() && link.trace_id == span.trace_id &&
           link.span_id == span.parent_span_id;
  };
  WriteKey(json, "references");
  json.StartArray();
  if (!span.parent_span_id.is_zero()) {
    const auto link = std::ranges::find_if(span.links, is_to_parent);
    const std::string_view type = link == span.links.end() ? "CHILD_OF" : RefType(*link);
    WriteReference(json, type, span.trace_id, span.parent_span_id);
  }
  for (const model::Link& link : span.links) {
    if (!is_to_parent(link)) {
      WriteReference(json, RefType(link), link.trace_id, link.span_id);
    }
  }
  json.EndArray();
}

void WriteTags(JsonWriter& json, const TraceData& trace, const Span& span) {
  const model::Scope& scope = trace.scopes[span.scope];
  WriteKey(json, "tags");
  json.StartArray();
  if (!scope.name.empty()) {
    WriteTextTag(json, "otel.scope.name", scope.name);
  }
  if (!scope.version.empty()) {
    WriteTextTag(json, "otel.scope.version", scope.version);
  }
  for (const KeyValue& attribute : span.attributes) {
    WriteTag(json, attribute.key, attribute.value);
  }
  if (const auto kind = model::SpanKindName(span.kind); !kind.empty()) {
    WriteTextTag(json, "span.kind", kind);
  }
  if (span.status == model::StatusCode::kOk) {
    WriteTextTag(json, "otel.status_code", "OK");
  } else if (span.status == model::StatusCode::kError) {
    WriteTextTag(json, "otel.status_code", "ERROR");
    WriteTag(json, "error", Value{true});
  }
  if (!span.status_message.empty()) {
    WriteTextTag(json, "otel.status_description", span.status_message);
  }
  if (!span.trace_state.empty()) {
    WriteTextTag(json, "w3c.tracestate", span.trace_state);
  }
  json.EndArray();
}

/// Times are unsigned on the wire.
std::uint64_t Microseconds(UnixNanos time) { return static_cast<std::uint64_t>(time) / 1000; }

void WriteLogs(JsonWriter& json, const Span& span) {
  WriteKey(json, "logs");
  json.StartArray();
  for (const model::Event& event : span.events) {
    json.StartObject();
    WriteMember(json, "timestamp", Microseconds(event.time));
    WriteKey(json, "fields");
    json.StartArray();
    if (!event.name.empty() && model::FindAttribute(event.attributes, "event") == nullptr) {
      WriteTextTag(json, "event", event.name);
    }
    for (const KeyValue& attribute : event.attributes) {
      WriteTag(json, attribute.key, attribute.value);
    }
    json.EndArray();
    json.EndObject();
  }
  json.EndArray();
}

void WriteSpan(JsonWriter& json, const TraceData& trace, const Span& span,
               std::string_view process_id) {
  json.StartObject();
  WriteMember(json, "traceID", TraceIdText(span.trace_id));
  WriteMember(json, "spanID", span.span_id.ToHex());
  // Jaeger's flags are those of W3C; the other bits are about OTLP's own fields.
  if (const std::uint32_t flags = span.flags & 0xFF; flags != 0) {
    WriteMember(json, "flags", flags);
  }
  WriteMember(json, "operationName", model::OperationName(span.name));
  WriteReferences(json, span);
  WriteMember(json, "startTime", Microseconds(span.start));
  WriteMember(json, "duration", static_cast<std::uint64_t>(span.duration().count() / 1000));
  WriteTags(json, trace, span);
  WriteLogs(json, span);
  WriteMember(json, "processID", process_id);
  WriteWarnings(json, span.warnings);
  json.EndObject();
}

std::string ProcessJson(const model::Resource& resource) {
  rapidjson::StringBuffer buffer;
  JsonWriter json(buffer);
  const std::string name = model::ServiceName(resource.attributes);
  json.StartObject();
  WriteMember(json, "serviceName", name);
  WriteKey(json, "tags");
  json.StartArray();
  for (const KeyValue& attribute : resource.attributes) {
    // What else stands under this key is a tag as others are.
    if (attribute.key != model::kServiceNameKey || model::ValueToText(attribute.value) != name) {
      WriteTag(json, attribute.key, attribute.value);
    }
  }
  json.EndArray();
  json.EndObject();
  return TakeJson(buffer);
}

}  // namespace

std::string TraceIdText(const TraceId& id) {
  const std::string hex = id.ToHex();
  return hex.starts_with("0000000000000000") ? hex.substr(16) : hex;
}

/// Names p1, p2 … for what differs, in order of first use.
class TraceJsonWriter::Processes {
 public:
  const std::string& IdOf(const model::Resource& resource) {
    std::string content = ProcessJson(resource);
    const auto [place, is_new] = ids_.emplace(std::move(content), std::string());
    if (is_new) {
      place->second = "p" + std::to_string(ids_.size());
      kept_bytes_ += place->first.size() + kEntryBytes;
      in_order_.push_back(&place->first);
    }
    return place->second;
  }

  std::uint64_t kept_bytes() const { return kept_bytes_; }

  void Write(JsonWriter& json) const {
    WriteKey(json, "processes");
    json.StartObject();
    for (std::size_t i = 0; i < in_order_.size(); ++i) {
      WriteKey(json, "p" + std::to_string(i + 1));
      json.RawValue(in_order_[i]->data(), in_order_[i]->size(), rapidjson::kObjectType);
    }
    json.EndObject();
  }

 private:
  static constexpr std::uint64_t kEntryBytes = 120;

  std::unordered_map<std::string, std::string> ids_;  // by content
  std::vector<const std::string*> in_order_;
  std::uint64_t kept_bytes_ = 0;
};

TraceJsonWriter::TraceJsonWriter(JsonWriter& json)
    : json_(json), processes_(std::make_unique<Processes>()) {}

TraceJsonWriter::~TraceJsonWriter() = default;

std::uint64_t TraceJsonWriter::kept_bytes() const { return processes_->kept_bytes(); }

void TraceJsonWriter::Add(const TraceData& part) {
  if (!is_begun_) {
    is_begun_ = true;
    json_.StartObject();
    WriteMember(json_, "traceID", part.spans.empty() ? "" : TraceIdText(part.spans[0].trace_id));
    WriteKey(json_, "spans");
    json_.StartArray();
  }
  std::vector<const std::string*> ids(part.resources.size());
  for (const Span& span : part.spans) {
    const std::string*& id = ids[span.resource];
    if (id == nullptr) id = &processes_->IdOf(part.resources[span.resource]);
    WriteSpan(json_, part, span, *id);
  }
}

void TraceJsonWriter::Finish() {
  json_.EndArray();
  processes_->Write(json_);
  WriteWarnings(json_, {});
  json_.EndObject();
}

}  // namespace clew::api::jaeger
