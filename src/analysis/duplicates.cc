#include <cstring>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "analysis/adjust.h"
#include "base/hash.h"

namespace clew::analysis {
namespace {

using model::Attributes;
using model::Span;
using model::TraceData;
using model::Value;

/// Writes what is compared into one buffer, lengths before contents, so that different spans never
/// give the same bytes.
class Fingerprint {
 public:
  void Number(std::uint64_t number) {
    char bytes[sizeof(number)];
    std::memcpy(bytes, &number, sizeof(number));
    buffer_.append(bytes, sizeof(number));
  }
  void Text(std::string_view text) {
    Number(text.size());
    buffer_.append(text);
  }
  template <typename Id>
  void IdBytes(const Id& id) {
    buffer_.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
  }
  void Add(const Attributes& attributes) {
    Number(attributes.size());
    for (const model::KeyValue& attribute : attributes) {
      Text(attribute.key);
      Add(attribute.value);
    }
  }
  void Add(const Span& span);
  /// Hands out the buffer and starts anew.
  std::string Take() { return std::exchange(buffer_, {}); }

 private:
  // Recursion ends with the nesting of a value, which decoding limits.
  void Add(const Value& value) {
    Number(value.data.index());
    if (const auto* text = std::get_if<std::string>(&value.data)) {
      Text(*text);
    } else if (const auto* truth = std::get_if<bool>(&value.data)) {
      Number(*truth ? 1 : 0);
    } else if (const auto* number = std::get_if<std::int64_t>(&value.data)) {
      Number(static_cast<std::uint64_t>(*number));
    } else if (const auto* real = std::get_if<double>(&value.data)) {
      std::uint64_t bits;
      std::memcpy(&bits, real, sizeof(bits));
      Number(bits);
    } else if (const auto* bytes = std::get_if<model::ByteString>(&value.data)) {
      Text(bytes->bytes);
    } else if (const auto* array = std::get_if<Value::Array>(&value.data)) {
      Number(array->size());
      for (const Value& item : *array) {
        Add(item);
      }
    } else if (const auto* list = std::get_if<Value::KvList>(&value.data)) {
      Add(*list);
    }
  }

  std::string buffer_;
};

void Fingerprint::Add(const Span& span) {
  IdBytes(span.trace_id);
  IdBytes(span.span_id);
  IdBytes(span.parent_span_id);
  Text(span.trace_state);
  Text(span.name);
  Number(static_cast<std::uint64_t>(span.kind));
  Number(static_cast<std::uint64_t>(span.status));
  Text(span.status_message);
  Number(span.flags);
  Number(static_cast<std::uint64_t>(span.start));
  Number(static_cast<std::uint64_t>(span.end));
  Add(span.attributes);
  Number(span.events.size());
  for (const model::Event& event : span.events) {
    Number(static_cast<std::uint64_t>(event.time));
    Text(event.name);
    Add(event.attributes);
    Number(event.dropped_attributes_count);
  }
  Number(span.links.size());
  for (const model::Link& link : span.links) {
    IdBytes(link.trace_id);
    IdBytes(link.span_id);
    Text(link.trace_state);
    Add(link.attributes);
    Number(link.flags);
    Number(link.dropped_attributes_count);
  }
  Number(span.dropped_attributes_count);
  Number(span.dropped_events_count);
  Number(span.dropped_links_count);
}

/// For each item the index of the first one with equal attributes.
template <typename Item>
std::vector<std::uint64_t> FirstEqual(const std::vector<Item>& items) {
  std::unordered_map<std::string, std::uint64_t> seen;
  std::vector<std::uint64_t> first;
  first.reserve(items.size());
  Fingerprint fingerprint;
  for (const Item& item : items) {
    fingerprint.Add(item.attributes);
    first.push_back(seen.emplace(fingerprint.Take(), seen.size()).first->second);
  }
  return first;
}

std::string FullFingerprint(const Span& span, std::uint64_t resource, std::uint64_t scope) {
  Fingerprint fingerprint;
  fingerprint.Number(resource);
  fingerprint.Number(scope);
  fingerprint.Add(span);
  return fingerprint.Take();
}

}  // namespace

void RemoveDuplicateSpans(TraceData& trace) {
  const std::vector<std::uint64_t> resources = FirstEqual(trace.resources);
  const std::vector<std::uint64_t> scopes = FirstEqual(trace.scopes);
  const auto fingerprint_of = [&](const Span& span) {
    return FullFingerprint(span, resources[span.resource], scopes[span.scope]);
  };
  // Hashes only, not the fingerprints: those would double the memory of the trace.
  std::unordered_multimap<std::uint64_t, std::size_t> kept_by_hash;
  kept_by_hash.reserve(trace.spans.size());
  std::size_t kept_count = 0;
  for (std::size_t i = 0; i < trace.spans.size(); ++i) {
    const std::string fingerprint = fingerprint_of(trace.spans[i]);
    const std::uint64_t hash = base::Hash64(fingerprint);
    const auto [begin, end] = kept_by_hash.equal_range(hash);
    bool is_duplicate = false;
    for (auto it = begin; it != end && !is_duplicate; ++it) {
      is_duplicate = fingerprint_of(trace.spans[it->second]) == fingerprint;
    }
    if (is_duplicate) {
      continue;
    }
    kept_by_hash.emplace(hash, kept_count);
    if (kept_count != i) {
      trace.spans[kept_count] = std::move(trace.spans[i]);
    }
    ++kept_count;
  }
  trace.spans.resize(kept_count);
}

}  // namespace clew::analysis
