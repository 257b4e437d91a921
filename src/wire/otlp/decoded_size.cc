#include "wire/otlp/decoded_size.h"

#include <algorithm>

#include "model/span_columns.h"

namespace clew::wire::otlp {

std::uint64_t DecodedBytesMax(const RequestFacts& facts, const DecodeLimits& limits,
                              std::size_t body_size) {
  // The tables are made in their size.
  constexpr std::uint64_t kText = sizeof(std::string_view);
  constexpr std::uint64_t kSpan = model::RowBytes<model::Owner::kSpan>();
  constexpr std::uint64_t kResource = model::RowBytes<model::Owner::kResource>();
  constexpr std::uint64_t kScope = model::RowBytes<model::Owner::kScope>();
  constexpr std::uint64_t kEvent = model::RowBytes<model::Owner::kEvent>();
  constexpr std::uint64_t kLink = model::RowBytes<model::Owner::kLink>();
  constexpr std::uint64_t kAttribute = 4 + kText;
  // A vector that has just grown has twice the size it needs, and at that moment the old one too.
  constexpr std::uint64_t kGrowing = 3;
  // The column, its first heap blocks, and its entry in the table that finds it.
  constexpr std::uint64_t kColumn = sizeof(model::AttributeColumn) * kGrowing + 2 * 48 + 64 + 24;
  // Where at each place of an attribute list the last one was put, for each kind of owner.
  constexpr std::uint64_t kPlace = 2 * sizeof(std::uint32_t) * kGrowing;
  constexpr std::uint64_t kOwnerKinds = 5;
  const std::uint64_t places = facts.attribute_count / kOwnerKinds < limits.attribute_count_max
                                   ? facts.attribute_count
                                   : limits.attribute_count_max * kOwnerKinds;
  // Chunks of texts, empty tables.
  constexpr std::uint64_t kOnce = 256u << 10;
  const std::uint64_t tables = facts.span_count * kSpan + facts.resource_spans_count * kResource +
                               facts.scope_count * kScope + facts.event_count * kEvent +
                               facts.link_count * kLink;
  return tables + facts.attribute_count * kAttribute * kGrowing + places * kPlace +
         std::min(limits.attribute_keys_max, facts.attribute_count) * kColumn +
         facts.entity_ref_bytes * kGrowing + body_size + kOnce;
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
