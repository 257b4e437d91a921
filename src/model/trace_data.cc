#include "model/trace_data.h"

#include "model/service_name.h"

namespace clew::model {
namespace {

// Short texts lie inside their object.
std::size_t HeapOf(const std::string& text) {
  return text.capacity() > std::string().capacity() ? text.capacity() + 1 : 0;
}

std::size_t HeapOf(const Attributes& attributes);

std::size_t HeapOf(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value.data)) return HeapOf(*text);
  if (const auto* octets = std::get_if<ByteString>(&value.data)) return HeapOf(octets->bytes);
  if (const auto* list = std::get_if<Value::KvList>(&value.data)) return HeapOf(*list);
  const auto* array = std::get_if<Value::Array>(&value.data);
  if (array == nullptr) return 0;
  std::size_t size = array->capacity() * sizeof(Value);
  for (const Value& element : *array) size += HeapOf(element);
  return size;
}

std::size_t HeapOf(const Attributes& attributes) {
  std::size_t size = attributes.capacity() * sizeof(KeyValue);
  for (const KeyValue& attribute : attributes) {
    size += HeapOf(attribute.key) + HeapOf(attribute.value);
  }
  return size;
}

}  // namespace

std::size_t MemoryOf(const Span& span) {
  std::size_t size = sizeof(Span) + HeapOf(span.trace_state) + HeapOf(span.name) +
                     HeapOf(span.status_message) + HeapOf(span.attributes);
  for (const Event& event : span.events) {
    size += sizeof(Event) + HeapOf(event.name) + HeapOf(event.attributes);
  }
  for (const Link& link : span.links) {
    size += sizeof(Link) + HeapOf(link.trace_state) + HeapOf(link.attributes);
  }
  return size;
}

std::size_t MemoryOf(const Resource& resource) {
  std::size_t size = sizeof(Resource) + HeapOf(resource.attributes) + HeapOf(resource.schema_url) +
                     resource.entity_refs.capacity() * sizeof(EntityRef);
  for (const EntityRef& entity : resource.entity_refs) {
    size += HeapOf(entity.schema_url) + HeapOf(entity.type);
    for (const auto* keys : {&entity.id_keys, &entity.description_keys}) {
      size += keys->capacity() * sizeof(std::string);
      for (const std::string& key : *keys) size += HeapOf(key);
    }
  }
  return size;
}

std::size_t MemoryOf(const Scope& scope) {
  return sizeof(Scope) + HeapOf(scope.name) + HeapOf(scope.version) + HeapOf(scope.attributes) +
         HeapOf(scope.schema_url);
}

std::string TraceData::ServiceName(const Span& span) const {
  return model::ServiceName(resources[span.resource].attributes);
}

std::string_view SpanKindName(SpanKind kind) {
  switch (kind) {
    case SpanKind::kInternal:
      return "internal";
    case SpanKind::kServer:
      return "server";
    case SpanKind::kClient:
      return "client";
    case SpanKind::kProducer:
      return "producer";
    case SpanKind::kConsumer:
      return "consumer";
    case SpanKind::kUnspecified:
      break;
  }
  return "";
}

}  // namespace clew::model
