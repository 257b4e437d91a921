#include "model/select_rows.h"

#include <algorithm>
#include <array>
#include <utility>

namespace clew::model {
namespace {

constexpr std::uint32_t kNotSelected = 0xffffffff;

// Neighbours that stay neighbours: what is selected is mostly nearly all, or a trace, and copied
// faster so than row by row.
struct Run {
  std::uint32_t begin;
  std::uint32_t count;
};

class Runs {
 public:
  // `row` is greater than those before.
  void Add(std::uint32_t row) {
    ++row_count_;
    if (!runs_.empty() && runs_.back().begin + runs_.back().count == row) {
      ++runs_.back().count;
    } else {
      runs_.push_back({row, 1});
    }
  }

  std::size_t row_count() const { return row_count_; }

  template <typename T>
  Column<T> Pick(const Column<T>& column) const {
    if (row_count_ == column.size()) return column;
    Column<T> picked;
    picked.reserve(row_count_);
    for (const Run run : runs_) {
      // A few are copied sooner than it takes to call for it.
      if (run.count < 8) {
        for (std::uint32_t i = 0; i < run.count; ++i) picked.push_back(column[run.begin + i]);
      } else {
        picked.Append(std::span(column).subspan(run.begin, run.count));
      }
    }
    return picked;
  }

 private:
  std::vector<Run> runs_;
  std::size_t row_count_ = 0;
};

// Which rows of a table are taken, and where each goes.
struct Selection {
  Runs runs;
  std::vector<std::uint32_t> places;  // of each row, or kNotSelected

  bool is_all() const { return runs.row_count() == places.size(); }
};

template <typename IsTaken>
Selection SelectIf(std::size_t row_count, IsTaken is_taken) {
  Selection selection;
  selection.places.resize(row_count, kNotSelected);
  std::uint32_t place = 0;
  for (std::uint32_t row = 0; row < row_count; ++row) {
    if (!is_taken(row)) continue;
    selection.runs.Add(row);
    selection.places[row] = place++;
  }
  return selection;
}

Selection Select(const std::vector<std::uint32_t>& rows, std::size_t row_count) {
  Selection selection;
  selection.places.resize(row_count, kNotSelected);
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    selection.runs.Add(rows[i]);
    selection.places[rows[i]] = i;
  }
  return selection;
}

// The rows that `indexes` have at `at`.
Selection SelectUsed(const Column<std::uint32_t>& indexes, const std::vector<std::uint32_t>& at,
                     std::size_t row_count) {
  std::vector<bool> is_used(row_count, false);
  for (const std::uint32_t row : at) is_used[indexes[row]] = true;
  return SelectIf(row_count, [&](std::uint32_t row) { return is_used[row]; });
}

Selection SelectChildren(const Column<std::uint32_t>& span_rows, const Selection& spans) {
  return SelectIf(span_rows.size(),
                  [&](std::uint32_t row) { return spans.places[span_rows[row]] != kNotSelected; });
}

Column<std::uint32_t> Renumber(Column<std::uint32_t> rows, const Selection& target) {
  if (target.is_all()) return rows;
  for (std::uint32_t& row : rows.Edit()) row = target.places[row];
  return rows;
}

AttributeColumn PickColumn(const AttributeColumn& column, const Selection& rows) {
  Runs values;
  for (std::uint32_t i = 0; i < column.count(); ++i) {
    if (rows.places[column.rows[i]] != kNotSelected) values.Add(i);
  }
  AttributeColumn picked;
  picked.owner = column.owner;
  picked.type = column.type;
  picked.key = column.key;
  picked.rows = Renumber(values.Pick(column.rows), rows);
  if (!column.strings.empty()) picked.strings = values.Pick(column.strings);
  if (!column.numbers.empty()) picked.numbers = values.Pick(column.numbers);
  return picked;
}

}  // namespace

SpanColumns SelectSpans(const SpanColumns& columns, const std::vector<std::uint32_t>& span_rows) {
  std::array<Selection, kOwnerCount> selections;
  const auto of = [&](Owner owner) -> Selection& {
    return selections[static_cast<std::size_t>(owner)];
  };
  const Selection& spans = of(Owner::kSpan) = Select(span_rows, columns.span_count());
  of(Owner::kResource) = SelectUsed(columns.resource_indexes, span_rows, columns.resources.count());
  of(Owner::kScope) = SelectUsed(columns.scope_indexes, span_rows, columns.scopes.count());
  of(Owner::kEvent) = SelectChildren(columns.events.span_rows, spans);
  of(Owner::kLink) = SelectChildren(columns.links.span_rows, spans);
  SpanColumns out;
  ForEachColumn(
      [&](auto role, const auto& from, auto& to) {
        to = of(role.owner).runs.Pick(from);
        if constexpr (role.is_reference) to = Renumber(std::move(to), of(role.target));
      },
      columns, out);
  for (const AttributeColumn& column : columns.attributes) {
    const Selection& rows = of(column.owner);
    AttributeColumn picked = rows.is_all() ? column : PickColumn(column, rows);
    if (!picked.rows.empty()) out.attributes.push_back(std::move(picked));
  }
  out.memory = columns.memory;
  return out;
}

}  // namespace clew::model
