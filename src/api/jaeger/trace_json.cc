#include "api/jaeger/trace_json.h"

#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "api/jaeger/span_json.h"
#include "api/jaeger/tag_json.h"
#include "model/attribute_index.h"
#include "model/service_name.h"

namespace clew::api::jaeger {
namespace {

using model::AttributeIndex;
using model::Owner;
using model::SpanColumns;

std::string ProcessJson(std::span<const AttributeIndex::Entry> resource, std::string_view name) {
  rapidjson::StringBuffer buffer;
  JsonWriter json(buffer);
  json.StartObject();
  WriteMember(json, "serviceName", name);
  WriteKey(json, "tags");
  json.StartArray();
  for (const AttributeIndex::Entry& entry : resource) {
    // What else stands under this key is a tag as others are.
    if (entry.key() != model::kServiceNameKey || TagText(entry) != name) {
      WriteTag(json, entry);
    }
  }
  json.EndArray();
  json.EndObject();
  return TakeJson(buffer);
}

}  // namespace

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
  SpanJsonWriter writer(json_, spans);
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
