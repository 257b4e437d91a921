#include "api/jaeger/trace_json.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/attribute_index.h"
#include "model/service_name.h"
#include "wire/otlp/materialize.h"

namespace clew::api::jaeger {
namespace {

using model::AttributeIndex;
using model::Owner;
using model::SpanColumns;
using model::ValueType;
using Entries = std::span<const AttributeIndex::Entry>;

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

std::string TextOf(const AttributeIndex::Entry& entry) {
  return model::ValueToText(wire::otlp::ValueOf(entry.type(), entry.text(), entry.number()));
}

void WriteBool(JsonWriter& json, bool truth) {
  WriteMember(json, "type", "bool");
  WriteKey(json, "value");
  json.Bool(truth);
}

void WriteTag(JsonWriter& json, const AttributeIndex::Entry& entry) {
  json.StartObject();
  WriteMember(json, "key", entry.key());
  switch (entry.type()) {
    case ValueType::kBool:
      WriteBool(json, entry.number() != 0);
      break;
    case ValueType::kInt:
      WriteMember(json, "type", "int64");
      WriteKey(json, "value");
      WriteInteger(json, entry.number());
      break;
    case ValueType::kDouble:
      WriteMember(json, "type", "float64");
      WriteKey(json, "value");
      if (const auto real = std::bit_cast<double>(entry.number()); std::isfinite(real)) {
        json.Double(real);
      } else {
        WriteText(json, TextOf(entry));
      }
      break;
    case ValueType::kString:
      WriteMember(json, "type", "string");
      WriteMember(json, "value", entry.text());
      break;
    case ValueType::kBytes:
      WriteMember(json, "type", "binary");
      WriteMember(json, "value", TextOf(entry));
      break;
    case ValueType::kEmpty:
    case ValueType::kArray:
    case ValueType::kKvList:
      WriteMember(json, "type", "string");
      WriteMember(json, "value", TextOf(entry));
      break;
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

void WriteWarnings(JsonWriter& json, std::span<const std::string> warnings) {
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

void WriteReference(JsonWriter& json, std::string_view type, const TraceId& trace_id,
                    const SpanId& span_id) {
  json.StartObject();
  WriteMember(json, "refType", type);
  WriteMember(json, "traceID", TraceIdText(trace_id));
  WriteMember(json, "spanID", span_id.ToHex());
  json.EndObject();
}

const AttributeIndex::Entry* Find(Entries attributes, std::string_view key) {
  const auto found = std::ranges::find(attributes, key, &AttributeIndex::Entry::key);
  return found == attributes.end() ? nullptr : &*found;
}

/// Times are unsigned on the wire.
std::uint64_t Microseconds(UnixNanos time) { return static_cast<std::uint64_t>(time) / 1000; }

/// Writes spans of some columns.
class SpanWriter {
 public:
  SpanWriter(JsonWriter& json, const SpanColumns& columns)
      : json_(json),
        columns_(columns),
        span_attributes_(columns, Owner::kSpan, columns.span_count()),
        event_attributes_(columns, Owner::kEvent, columns.events.count()),
        link_attributes_(columns, Owner::kLink, columns.links.count()),
        event_starts_(model::ChildStarts(columns.events.span_rows, columns.span_count())),
        link_starts_(model::ChildStarts(columns.links.span_rows, columns.span_count())) {}

  void Write(std::uint32_t row, std::string_view process_id,
             std::span<const std::string> warnings) {
    json_.StartObject();
    WriteMember(json_, "traceID", TraceIdText(columns_.trace_ids[row]));
    WriteMember(json_, "spanID", columns_.span_ids[row].ToHex());
    // Jaeger's flags are those of W3C; the other bits are about OTLP's own fields.
    if (const std::uint32_t flags = columns_.flags[row] & 0xFF; flags != 0) {
      WriteMember(json_, "flags", flags);
    }
    WriteMember(json_, "operationName", model::OperationName(columns_.names[row]));
    WriteReferences(row);
    WriteMember(json_, "startTime", Microseconds(columns_.starts[row]));
    const Nanos duration = model::SpanDuration(columns_.starts[row], columns_.ends[row]);
    WriteMember(json_, "duration", static_cast<std::uint64_t>(duration.count() / 1000));
    WriteTags(row);
    WriteLogs(row);
    WriteMember(json_, "processID", process_id);
    WriteWarnings(json_, warnings);
    json_.EndObject();
  }

 private:
  std::string_view RefType(std::uint32_t link) const {
    const AttributeIndex::Entry* const type = Find(link_attributes_.Row(link), kRefType);
    const bool is_child =
        type != nullptr && type->type() == ValueType::kString && type->text() == "child_of";
    return is_child ? "CHILD_OF" : "FOLLOWS_FROM";
  }

  void WriteReferences(std::uint32_t row) {
    const SpanId& parent = columns_.parent_span_ids[row];
    const auto is_to_parent = [&](std::uint32_t link) {
      return !parent.is_zero() && columns_.links.trace_ids[link] == columns_.trace_ids[row] &&
             columns_.links.span_ids[link] == parent;
    };
    WriteKey(json_, "references");
    json_.StartArray();
    const std::uint32_t end = link_starts_[row + 1];
    if (!parent.is_zero()) {
      std::uint32_t link = link_starts_[row];
      while (link < end && !is_to_parent(link)) ++link;
      WriteReference(json_, link == end ? "CHILD_OF" : RefType(link), columns_.trace_ids[row],
                     parent);
    }
    for (std::uint32_t link = link_starts_[row]; link < end; ++link) {
      if (is_to_parent(link)) continue;
      WriteReference(json_, RefType(link), columns_.links.trace_ids[link],
                     columns_.links.span_ids[link]);
    }
    json_.EndArray();
  }

  void WriteTags(std::uint32_t row) {
    const std::uint32_t scope = columns_.scope_indexes[row];
    WriteKey(json_, "tags");
    json_.StartArray();
    if (const auto name = columns_.scopes.names[scope]; !name.empty()) {
      WriteTextTag(json_, "otel.scope.name", name);
    }
    if (const auto version = columns_.scopes.versions[scope]; !version.empty()) {
      WriteTextTag(json_, "otel.scope.version", version);
    }
    for (const AttributeIndex::Entry& entry : span_attributes_.Row(row)) WriteTag(json_, entry);
    const auto kind = model::SpanKindName(static_cast<model::SpanKind>(columns_.kinds[row]));
    if (!kind.empty()) {
      WriteTextTag(json_, "span.kind", kind);
    }
    const auto status = static_cast<model::StatusCode>(columns_.status_codes[row]);
    if (status == model::StatusCode::kOk) {
      WriteTextTag(json_, "otel.status_code", "OK");
    } else if (status == model::StatusCode::kError) {
      WriteTextTag(json_, "otel.status_code", "ERROR");
      json_.StartObject();
      WriteMember(json_, "key", "error");
      WriteBool(json_, true);
      json_.EndObject();
    }
    if (const auto message = columns_.status_messages[row]; !message.empty()) {
      WriteTextTag(json_, "otel.status_description", message);
    }
    if (const auto state = columns_.trace_states[row]; !state.empty()) {
      WriteTextTag(json_, "w3c.tracestate", state);
    }
    json_.EndArray();
  }

  void WriteLogs(std::uint32_t row) {
    WriteKey(json_, "logs");
    json_.StartArray();
    for (std::uint32_t event = event_starts_[row]; event < event_starts_[row + 1]; ++event) {
      const Entries attributes = event_attributes_.Row(event);
      json_.StartObject();
      WriteMember(json_, "timestamp", Microseconds(columns_.events.times[event]));
      WriteKey(json_, "fields");
      json_.StartArray();
      if (const auto name = columns_.events.names[event];
          !name.empty() && Find(attributes, "event") == nullptr) {
        WriteTextTag(json_, "event", name);
      }
      for (const AttributeIndex::Entry& entry : attributes) WriteTag(json_, entry);
      json_.EndArray();
      json_.EndObject();
    }
    json_.EndArray();
  }

  JsonWriter& json_;
  const SpanColumns& columns_;
  const AttributeIndex span_attributes_;
  const AttributeIndex event_attributes_;
  const AttributeIndex link_attributes_;
  const std::vector<std::uint32_t> event_starts_;
  const std::vector<std::uint32_t> link_starts_;
};

std::string ProcessJson(Entries resource, std::string_view name) {
  rapidjson::StringBuffer buffer;
  JsonWriter json(buffer);
  json.StartObject();
  WriteMember(json, "serviceName", name);
  WriteKey(json, "tags");
  json.StartArray();
  for (const AttributeIndex::Entry& entry : resource) {
    // What else stands under this key is a tag as others are.
    if (entry.key() != model::kServiceNameKey || TextOf(entry) != name) {
      WriteTag(json, entry);
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
  const std::string& IdOf(std::string content) {
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

void TraceJsonWriter::Add(const SpanColumns& spans, const analysis::SpanWarnings& warnings) {
  if (!is_begun_) {
    is_begun_ = true;
    json_.StartObject();
    WriteMember(json_, "traceID",
                spans.trace_ids.empty() ? "" : TraceIdText(spans.trace_ids.front()));
    WriteKey(json_, "spans");
    json_.StartArray();
  }
  const std::size_t resource_count = spans.resources.count();
  const AttributeIndex resources(spans, Owner::kResource, resource_count);
  const model::ServiceNameViews services(spans);
  std::vector<const std::string*> ids(resource_count);
  SpanWriter writer(json_, spans);
  for (std::uint32_t row = 0; row < spans.span_count(); ++row) {
    const std::uint32_t resource = spans.resource_indexes[row];
    const std::string*& id = ids[resource];
    if (id == nullptr) {
      id = &processes_->IdOf(ProcessJson(resources.Row(resource), services[resource]));
    }
    writer.Write(row, *id, warnings.Of(row));
  }
}

void TraceJsonWriter::Finish() {
  json_.EndArray();
  processes_->Write(json_);
  WriteWarnings(json_, {});
  json_.EndObject();
}

}  // namespace clew::api::jaeger
