#include "model/select_rows.h"

#include <algorithm>
#include <array>
#include <utility>

namespace clew::model {
namespace {

constexpr std::size_t kOwnerCount = 5;
constexpr std::uint32_t kNotSelected = 0xffffffff;

template <typename T>
std::vector<T> Pick(const std::vector<T>& values, const std::vector<std::uint32_t>& rows) {
  std::vector<T> picked;
  picked.reserve(rows.size());
  for (const std::uint32_t row : rows) picked.push_back(values[row]);
  return picked;
}

// New place of each old row.
std::vector<std::uint32_t> Places(const std::vector<std::uint32_t>& rows, std::size_t row_count) {
  std::vector<std::uint32_t> places(row_count, kNotSelected);
  for (std::uint32_t i = 0; i < rows.size(); ++i) places[rows[i]] = i;
  return places;
}

std::vector<std::uint32_t> ChildrenOf(const std::vector<std::uint32_t>& span_rows,
                                      const std::vector<std::uint32_t>& span_places) {
  std::vector<std::uint32_t> children;
  for (std::uint32_t i = 0; i < span_rows.size(); ++i) {
    if (span_places[span_rows[i]] != kNotSelected) children.push_back(i);
  }
  return children;
}

std::vector<std::uint32_t> Renumber(const std::vector<std::uint32_t>& span_rows,
                                    const std::vector<std::uint32_t>& span_places) {
  std::vector<std::uint32_t> renumbered;
  for (const std::uint32_t row : span_rows) renumbered.push_back(span_places[row]);
  return renumbered;
}

// The rows that `indexes` have at `at`, ascending.
std::vector<std::uint32_t> UsedRows(const std::vector<std::uint32_t>& indexes,
                                    const std::vector<std::uint32_t>& at) {
  std::vector<std::uint32_t> rows = Pick(indexes, at);
  std::ranges::sort(rows);
  const auto repeats = std::ranges::unique(rows);
  rows.erase(repeats.begin(), repeats.end());
  return rows;
}

AttributeColumn PickColumn(const AttributeColumn& column,
                           const std::vector<std::uint32_t>& places) {
  AttributeColumn picked;
  picked.owner = column.owner;
  picked.type = column.type;
  picked.key = column.key;
  for (std::size_t i = 0; i < column.rows.size(); ++i) {
    const std::uint32_t place = places[column.rows[i]];
    if (place == kNotSelected) continue;
    picked.rows.push_back(place);
    if (!column.strings.empty()) picked.strings.push_back(column.strings[i]);
    if (!column.numbers.empty()) picked.numbers.push_back(column.numbers[i]);
  }
  return picked;
}

}  // namespace

SpanColumns SelectSpans(const SpanColumns& columns, const std::vector<std::uint32_t>& span_rows) {
  // By owner: which rows are taken, and where each old row goes.
  std::array<std::vector<std::uint32_t>, kOwnerCount> rows;
  std::array<std::vector<std::uint32_t>, kOwnerCount> places;
  const auto take = [&](Owner owner, std::vector<std::uint32_t> taken) {
    const auto i = static_cast<std::size_t>(owner);
    places[i] = Places(taken, RowCount(columns, owner));
    rows[i] = std::move(taken);
  };
  take(Owner::kSpan, span_rows);
  const std::vector<std::uint32_t>& span_places = places[static_cast<std::size_t>(Owner::kSpan)];
  take(Owner::kResource, UsedRows(columns.resource_indexes, span_rows));
  take(Owner::kScope, UsedRows(columns.scope_indexes, span_rows));
  take(Owner::kEvent, ChildrenOf(columns.events.span_rows, span_places));
  take(Owner::kLink, ChildrenOf(columns.links.span_rows, span_places));
  SpanColumns out;
  ForEachColumn(
      [&](auto role, const auto& from, auto& to) {
        to = Pick(from, rows[static_cast<std::size_t>(role.owner)]);
        if constexpr (role.is_reference) {
          to = Renumber(to, places[static_cast<std::size_t>(role.target)]);
        }
      },
      columns, out);
  for (const AttributeColumn& column : columns.attributes) {
    AttributeColumn picked = PickColumn(column, places[static_cast<std::size_t>(column.owner)]);
    if (!picked.rows.empty()) out.attributes.push_back(std::move(picked));
  }
  out.memory = columns.memory;
  return out;
}

}  // namespace clew::model
