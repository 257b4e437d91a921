#include "api/jaeger/span_json.h"

#include <algorithm>

#include "api/jaeger/tag_json.h"
#include "model/service_name.h"

namespace clew::api::jaeger {
namespace {

using model::AttributeIndex;
using model::Owner;
using model::SpanColumns;
using model::ValueType;
using Entries = std::span<const AttributeIndex::Entry>;

constexpr std::string_view kRefType = "opentracing.ref_type";
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

}  // namespace

std::string TraceIdText(const TraceId& id) {
  const std::string hex = id.ToHex();
  return hex.starts_with("0000000000000000") ? hex.substr(16) : hex;
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

SpanJsonWriter::SpanJsonWriter(JsonWriter& json, const SpanColumns& columns)
    : json_(json),
      columns_(columns),
      span_attributes_(columns, Owner::kSpan, columns.span_count()),
      event_attributes_(columns, Owner::kEvent, columns.events.count()),
      link_attributes_(columns, Owner::kLink, columns.links.count()),
      event_starts_(model::ChildStarts(columns.events.span_rows, columns.span_count())),
      link_starts_(model::ChildStarts(columns.links.span_rows, columns.span_count())) {}

void SpanJsonWriter::Write(std::uint32_t row, std::string_view process_id,
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

std::string_view SpanJsonWriter::RefType(std::uint32_t link) const {
  const AttributeIndex::Entry* const type = Find(link_attributes_.Row(link), kRefType);
  const bool is_child =
      type != nullptr && type->type() == ValueType::kString && type->text() == "child_of";
  return is_child ? "CHILD_OF" : "FOLLOWS_FROM";
}

void SpanJsonWriter::WriteReferences(std::uint32_t row) {
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

void SpanJsonWriter::WriteTags(std::uint32_t row) {
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
    WriteTrueTag(json_, "error");
  }
  if (const auto message = columns_.status_messages[row]; !message.empty()) {
    WriteTextTag(json_, "otel.status_description", message);
  }
  if (const auto state = columns_.trace_states[row]; !state.empty()) {
    WriteTextTag(json_, "w3c.tracestate", state);
  }
  json_.EndArray();
}

void SpanJsonWriter::WriteLogs(std::uint32_t row) {
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

}  // namespace clew::api::jaeger
