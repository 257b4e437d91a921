#include "wire/otlp/decoded_size.h"

#include <protozero/exception.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <unordered_set>
#include <vector>

#include "model/span_columns.h"
#include "wire/otlp/fields.h"

namespace clew::wire::otlp {
namespace {

using model::Owner;

constexpr std::size_t kOwnerCount = 5;

constexpr auto NumberOf(auto field) { return static_cast<protozero::pbf_tag_type>(field); }

struct Key {
  Owner owner = Owner::kSpan;
  std::uint32_t type = 0;  // the field of AnyValue; 0 for an empty value
  std::string_view text;
  bool operator==(const Key&) const = default;
};

struct KeyHash {
  std::size_t operator()(const Key& key) const {
    return std::hash<std::string_view>()(key.text) + key.type * 8u +
           static_cast<std::size_t>(key.owner);
  }
};

// Remembers the key last seen at each place of an attribute list, as decoding does: most keys are
// known without being looked for.
class KeyCounter {
 public:
  KeyCounter(const DecodeLimits& limits, std::uint64_t count_max)
      : limits_(limits), count_max_(count_max) {}

  void Request(std::string_view body) {
    ForEach(body, NumberOf(field::Request::kResourceSpans), [this](std::string_view message) {
      ForEach(message, NumberOf(field::ResourceSpans::kResource),
              [this](std::string_view resource) {
                List(Owner::kResource, resource, NumberOf(field::Resource::kAttributes));
              });
      ForEachScopeSpans(message, [this](std::string_view spans) { ScopeSpans(spans); });
    });
  }

  std::uint64_t count() const { return known_.size(); }
  /// Where the last attribute began.
  const char* position() const { return position_; }

 private:
  void ScopeSpans(std::string_view scope_spans) {
    ForEach(scope_spans, NumberOf(field::ScopeSpans::kScope), [this](std::string_view scope) {
      List(Owner::kScope, scope, NumberOf(field::Scope::kAttributes));
    });
    ForEach(scope_spans, NumberOf(field::ScopeSpans::kSpans),
            [this](std::string_view span) { Span(span); });
  }

  void Span(std::string_view span) {
    std::size_t attribute = 0;
    std::size_t event = 0;
    std::size_t link = 0;
    Reader reader = ReaderOf(span);
    while (reader.next() && !is_over()) {
      const auto tag = TagOf<field::Span>(reader);
      if (!IsBytes(reader)) {
        reader.skip();
      } else if (tag == field::Span::kAttributes) {
        Add(Owner::kSpan, attribute++, ReadView(reader));
      } else if (tag == field::Span::kEvents && event++ < limits_.event_count_max) {
        List(Owner::kEvent, ReadView(reader), NumberOf(field::Event::kAttributes));
      } else if (tag == field::Span::kLinks && link++ < limits_.link_count_max) {
        List(Owner::kLink, ReadView(reader), NumberOf(field::Link::kAttributes));
      } else {
        reader.skip();
      }
    }
  }

  void List(Owner owner, std::string_view message, protozero::pbf_tag_type tag) {
    std::size_t index = 0;
    ForEach(message, tag, [&](std::string_view key_value) { Add(owner, index++, key_value); });
  }

  template <typename Visit>
  void ForEach(std::string_view message, protozero::pbf_tag_type tag, Visit visit) {
    Reader reader = ReaderOf(message);
    while (reader.next() && !is_over()) {
      if (reader.tag() == tag && IsBytes(reader)) {
        visit(ReadView(reader));
      } else {
        reader.skip();
      }
    }
  }

  void Add(Owner owner, std::size_t index, std::string_view key_value) {
    if (index >= limits_.attribute_count_max) return;
    position_ = key_value.data();
    const Key key = Read(owner, key_value);
    std::vector<Key>& recent = recent_[static_cast<std::size_t>(owner)];
    if (index >= recent.size()) {
      recent.resize(index + 1);
    } else if (recent[index] == key) {
      return;
    }
    recent[index] = key;
    known_.insert(key);
  }

  static Key Read(Owner owner, std::string_view key_value) {
    Key key;
    key.owner = owner;
    Reader reader = ReaderOf(key_value);
    while (reader.next()) {
      const auto tag = TagOf<field::KeyValue>(reader);
      if (!IsBytes(reader)) {
        reader.skip();
      } else if (tag == field::KeyValue::kKey) {
        key.text = ReadView(reader);
      } else if (tag == field::KeyValue::kValue) {
        Reader value = ReaderOf(ReadView(reader));
        while (value.next()) {
          key.type = value.tag();
          value.skip();
        }
      } else {
        reader.skip();
      }
    }
    return key;
  }

  bool is_over() const { return known_.size() > count_max_; }

  const DecodeLimits& limits_;
  const std::uint64_t count_max_;
  std::array<std::vector<Key>, kOwnerCount> recent_;
  std::unordered_set<Key, KeyHash> known_;
  const char* position_ = nullptr;
};

}  // namespace

Result<std::uint64_t> CountAttributeKeys(std::string_view body, const DecodeLimits& limits,
                                         std::uint64_t count_max) {
  KeyCounter counter(limits, count_max);
  try {
    counter.Request(body);
  } catch (const protozero::exception& error) {
    return InvalidArgument(
        "malformed protobuf in the attribute at byte offset {}: {}; send an "
        "ExportTraceServiceRequest",
        counter.position() - body.data(), error.what());
  }
  return counter.count();
}

std::uint64_t DecodedBytesMax(const RequestFacts& facts, std::uint64_t key_count,
                              std::size_t body_size) {
  using model::SpanColumns;
  // Fields of one row in bytes (model/span_columns.h). The table of spans is made in its size.
  constexpr std::uint64_t kText = sizeof(std::string_view);
  constexpr std::uint64_t kSpan =
      sizeof(TraceId) + 2 * sizeof(SpanId) + 2 * sizeof(UnixNanos) + 3 * kText + 8 * 4;
  constexpr std::uint64_t kResource = 2 * kText + 4;
  constexpr std::uint64_t kScope = 3 * kText + 4;
  constexpr std::uint64_t kEvent = 4 + sizeof(UnixNanos) + kText + 4;
  constexpr std::uint64_t kLink = 4 + sizeof(TraceId) + sizeof(SpanId) + kText + 2 * 4;
  constexpr std::uint64_t kAttribute = 4 + kText;
  // A vector that has just grown has twice the size it needs, and at that moment the old one too.
  constexpr std::uint64_t kGrowing = 3;
  // The column, its first heap blocks, and its entry in the table that finds it.
  constexpr std::uint64_t kColumn = sizeof(model::AttributeColumn) * kGrowing + 2 * 32 + 64 + 24;
  // Chunks of texts, the places of an attribute list, empty tables.
  constexpr std::uint64_t kOnce = 256u << 10;
  const std::uint64_t growing = facts.resource_spans_count * kResource +
                                facts.scope_count * kScope + facts.event_count * kEvent +
                                facts.link_count * kLink + facts.attribute_count * kAttribute;
  return facts.span_count * kSpan + growing * kGrowing +
         std::min(key_count, facts.attribute_count) * kColumn + body_size + kOnce;
}

std::uint64_t EncodedBytesMax(const RequestFacts& facts, std::size_t body_size) {
  // The text while it grows, and the way from rows to their attributes (model/attribute_index.h).
  constexpr std::uint64_t kEntry = sizeof(void*) + 8;
  constexpr std::uint64_t kStarts = 2 * sizeof(std::uint32_t);
  const std::uint64_t rows = facts.span_count + facts.event_count + facts.link_count +
                             facts.scope_count + facts.resource_spans_count;
  return 3 * body_size + facts.attribute_count * kEntry + 2 * rows * kStarts;
}

}  // namespace clew::wire::otlp
