#include "wire/otlp/encode.h"

#include <protozero/pbf_writer.hpp>

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/attribute_index.h"
#include "wire/otlp/field_forms.h"
#include "wire/otlp/fields.h"
#include "wire/otlp/scatter_objects.h"
#include "wire/otlp/value_writer.h"

namespace clew::wire::otlp {
namespace {

using model::AttributeIndex;
using model::Message;
using model::Owner;
using model::SpanColumns;

using Writer = protozero::pbf_writer;

// A field by its form. What is as when it is not there is left out, but for times, and the code of
// a status that is there.
void WriteField(model::form::Count, std::uint32_t number, std::uint32_t count, Writer& writer) {
  if (count != 0) writer.add_uint32(number, count);
}
void WriteField(model::form::Bits, std::uint32_t number, std::uint32_t bits, Writer& writer) {
  if (bits != 0) writer.add_fixed32(number, bits);
}
void WriteField(model::form::Time, std::uint32_t number, UnixNanos time, Writer& writer) {
  writer.add_fixed64(number, static_cast<std::uint64_t>(time));
}
void WriteField(model::form::Text, std::uint32_t number, std::string_view text, Writer& writer) {
  if (!text.empty()) writer.add_bytes(number, text.data(), text.size());
}
template <typename Id>
void WriteField(model::form::Id<Id>, std::uint32_t number, const Id& id, Writer& writer) {
  if (id.is_zero()) return;
  writer.add_bytes(number, reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
}
template <typename Enum>
void WriteField(model::form::Enum<Enum>, std::uint32_t number, std::int32_t value, Writer& writer) {
  if (value != 0 || std::is_same_v<Enum, model::StatusCode>) writer.add_enum(number, value);
}

/// Resources, their scopes, and the spans of each scope, in order of first appearance.
struct Groups {
  struct ScopeGroup {
    std::uint32_t scope;
    std::vector<std::uint32_t> spans;
  };
  struct ResourceGroup {
    std::uint32_t resource;
    std::vector<ScopeGroup> scopes;
  };
  std::vector<ResourceGroup> resources;

  void Add(std::uint32_t resource, std::uint32_t scope, std::uint32_t span) {
    const auto [place, is_new] = places_.try_emplace(std::pair(resource, scope));
    if (is_new) {
      const auto [group, is_new_resource] = groups_.try_emplace(resource, resources.size());
      if (is_new_resource) resources.push_back({resource, {}});
      place->second = {group->second, resources[group->second].scopes.size()};
      resources[group->second].scopes.push_back({scope, {}});
    }
    resources[place->second.first].scopes[place->second.second].spans.push_back(span);
  }

 private:
  struct PairHash {
    std::size_t operator()(const std::pair<std::uint32_t, std::uint32_t>& pair) const {
      return std::hash<std::uint64_t>()(std::uint64_t{pair.first} << 32 | pair.second);
    }
  };
  std::unordered_map<std::pair<std::uint32_t, std::uint32_t>, std::pair<std::size_t, std::size_t>,
                     PairHash>
      places_;
  std::unordered_map<std::uint32_t, std::size_t> groups_;
};

class ColumnEncoder {
 public:
  explicit ColumnEncoder(const SpanColumns& columns)
      : columns_(columns),
        event_starts_(model::ChildStarts(columns.events.span_rows, columns.span_count())),
        link_starts_(model::ChildStarts(columns.links.span_rows, columns.span_count())) {
    for (std::size_t i = 0; i < model::kOwnerCount; ++i) {
      const auto owner = static_cast<Owner>(i);
      attributes_.emplace_back(columns, owner, model::RowCount(columns, owner));
    }
  }

  std::string Encode() const {
    Groups groups;
    for (std::uint32_t span = 0; span < columns_.span_count(); ++span) {
      groups.Add(columns_.resource_indexes[span], columns_.scope_indexes[span], span);
    }
    std::string out;
    Writer request(out);
    for (const Groups::ResourceGroup& group : groups.resources) {
      Writer writer(request, NumberOf(field::Request::kResourceSpans));
      Fields<Message::kResourceSpans>(group.resource, writer, &out, [&](std::uint32_t number) {
        if (number == NumberOf(field::ResourceSpans::kResource)) {
          Add<Message::kResource>(group.resource, number, writer);
        } else if (number == NumberOf(field::ResourceSpans::kScopeSpans)) {
          for (const Groups::ScopeGroup& scope : group.scopes) ScopeSpans(scope, writer, &out);
        }
      });
    }
    return out;
  }

 private:
  void ScopeSpans(const Groups::ScopeGroup& group, Writer& parent, std::string* out) const {
    Writer writer(parent, NumberOf(field::ResourceSpans::kScopeSpans));
    Fields<Message::kScopeSpans>(group.scope, writer, out, [&](std::uint32_t number) {
      if (number == NumberOf(field::ScopeSpans::kScope)) {
        Add<Message::kScope>(group.scope, number, writer);
      } else if (number == NumberOf(field::ScopeSpans::kSpans)) {
        for (const std::uint32_t span : group.spans) Span(span, writer);
      }
    });
  }

  void Span(std::uint32_t row, Writer& parent) const {
    std::string message;
    Writer writer(message);
    Fields<Message::kSpan>(row, writer, &message, [&](std::uint32_t number) {
      if (number == NumberOf(field::Span::kEvents)) {
        for (std::uint32_t i = event_starts_[row]; i < event_starts_[row + 1]; ++i) {
          Add<Message::kEvent>(i, number, writer);
        }
      } else if (number == NumberOf(field::Span::kLinks)) {
        for (std::uint32_t i = link_starts_[row]; i < link_starts_[row + 1]; ++i) {
          Add<Message::kLink>(i, number, writer);
        }
      } else if (number == NumberOf(field::Span::kStatus) && HasStatus(row)) {
        Add<Message::kStatus>(row, number, writer);
      }
    });
    parent.add_message(NumberOf(field::ScopeSpans::kSpans), message);
  }

  bool HasStatus(std::uint32_t row) const {
    return model::AnyField<Message::kStatus>(
        [&](auto field) { return field.Of(columns_)[row] != typename decltype(field)::Cell(); });
  }

  // Adds a message that holds nothing but the fields of a row.
  template <Message kMessage>
  void Add(std::uint32_t row, std::uint32_t number, Writer& parent) const {
    std::string message;
    Writer writer(message);
    Fields<kMessage>(row, writer, &message, [](std::uint32_t) {});
    parent.add_message(number, message);
  }

  // Writes the fields of a message by number: attributes, those of the list, and what `own(number)`
  // writes. `writer` writes to `out`.
  template <Message kMessage, typename Own>
  void Fields(std::uint32_t row, Writer& writer, std::string* out, const Own& own) const {
    static_assert(NumberOf(field::Span::kStatus) <= kListedNumberMax);
    [&]<std::uint32_t... kIndex>(std::integer_sequence<std::uint32_t, kIndex...>) {
      (FieldOf<kMessage, kIndex + 1>(row, writer, out, own), ...);
    }(std::make_integer_sequence<std::uint32_t, kListedNumberMax>());
  }

  template <Message kMessage, std::uint32_t kNumber, typename Own>
  void FieldOf(std::uint32_t row, Writer& writer, std::string* out, const Own& own) const {
    if constexpr (kNumber == AttributesNumberOf(kMessage)) {
      for (const AttributeIndex::Entry& entry : AttributesOf(model::OwnerOf(kMessage)).Row(row)) {
        WriteKeyValue(kNumber, entry.key(), entry.type(), entry.text(), entry.number(), out);
      }
    } else {
      own(kNumber);
    }
    model::ForEachField<kMessage>([&](auto field) {
      using Field = decltype(field);
      if constexpr (Field::number == kNumber && kIsEntities<Field>) {
        out->append(field.Of(columns_)[row]);
      } else if constexpr (Field::number == kNumber) {
        WriteField(typename Field::Form(), kNumber, field.Of(columns_)[row], writer);
      }
    });
  }

  const AttributeIndex& AttributesOf(Owner owner) const {
    return attributes_[static_cast<std::size_t>(owner)];
  }

  const SpanColumns& columns_;
  std::vector<AttributeIndex> attributes_;  // by owner
  const std::vector<std::uint32_t> event_starts_;
  const std::vector<std::uint32_t> link_starts_;
};

}  // namespace

std::string EncodeRequest(const SpanColumns& columns) { return ColumnEncoder(columns).Encode(); }

std::string EncodeRequest(const model::TraceData& data) {
  return EncodeRequest(ScatterSpans(data));
}

}  // namespace clew::wire::otlp
