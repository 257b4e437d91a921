#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "model/trace_data.h"
#include "wire/otlp/field_forms.h"
#include "wire/otlp/message_schema.h"

/// Schemas of messages whose fields model/field_list.h has. For message_schema_table.cc alone.
namespace clew::wire::otlp {

inline constexpr EnumName kSpanKindNames[] = {
    {0, "SPAN_KIND_UNSPECIFIED"}, {1, "SPAN_KIND_INTERNAL"}, {2, "SPAN_KIND_SERVER"},
    {3, "SPAN_KIND_CLIENT"},      {4, "SPAN_KIND_PRODUCER"}, {5, "SPAN_KIND_CONSUMER"},
};
inline constexpr EnumName kStatusCodeNames[] = {
    {0, "STATUS_CODE_UNSET"}, {1, "STATUS_CODE_OK"}, {2, "STATUS_CODE_ERROR"}};

template <typename Form>
constexpr std::span<const EnumName> EnumNamesOf(Form) {
  return {};
}
constexpr std::span<const EnumName> EnumNamesOf(model::form::Enum<model::SpanKind>) {
  return kSpanKindNames;
}
constexpr std::span<const EnumName> EnumNamesOf(model::form::Enum<model::StatusCode>) {
  return kStatusCodeNames;
}

/// The name of a field as JSON writes it: lowerCamelCase.
template <typename Field>
struct JsonName {
  static constexpr std::size_t size =
      Field::name.size() - static_cast<std::size_t>(std::ranges::count(Field::name, '_'));
  static constexpr std::array<char, size> chars = [] {
    std::array<char, size> out{};
    std::size_t end = 0;
    bool is_begin_of_word = false;
    for (const char c : Field::name) {
      if (c != '_') out[end++] = is_begin_of_word ? static_cast<char>(c - 'a' + 'A') : c;
      is_begin_of_word = c == '_';
    }
    return out;
  }();
  static constexpr std::string_view view{chars.data(), chars.size()};
};

/// The fields of a message in the order of their numbers: those of the list but for
/// form::Entities, and `own`, which ascend.
template <model::Message kMessage, std::size_t kOwnCount>
constexpr auto SchemaOf(const std::array<FieldSchema, kOwnCount>& own) {
  constexpr std::size_t kListedCount = [] {
    std::size_t count = 0;
    model::ForEachField<kMessage>(
        [&](auto field) { count += kIsEntities<decltype(field)> ? 0 : 1; });
    return count;
  }();
  std::array<FieldSchema, kOwnCount + kListedCount> all{};
  std::size_t end = kOwnCount;
  std::ranges::copy(own, all.begin());
  model::ForEachField<kMessage>([&](auto field) {
    using Field = decltype(field);
    using Form = typename Field::Form;
    if constexpr (!kIsEntities<Field>) {
      // To its place: behind those with the same number or a smaller one.
      std::size_t place = end++;
      for (; place > 0 && all[place - 1].number > Field::number; --place) {
        all[place] = all[place - 1];
      }
      all[place] = {.number = Field::number,
                    .kind = KindOf(Form()),
                    .name = JsonName<Field>::view,
                    .proto_name = Field::name,
                    .enum_names = EnumNamesOf(Form())};
    }
  });
  return all;
}

}  // namespace clew::wire::otlp
