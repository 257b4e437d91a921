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
  // Room for so many runs, so that nothing is moved as they come.
  void Reserve(std::size_t run_count) { runs_.reserve(run_count); }
  // Rows that were not added before.
  void Add(std::uint32_t begin, std::uint32_t count = 1) {
    if (count == 0) return;
    row_count_ += count;
    begin_ = std::min(begin_, begin);
    end_ = std::max(end_, begin + count);
    if (!runs_.empty() && runs_.back().begin + runs_.back().count == begin) {
      runs_.back().count += count;
    } else {
      ascends_ = ascends_ && (runs_.empty() || runs_.back().begin < begin);
      runs_.push_back({begin, count});
    }
  }

  const std::vector<Run>& list() const { return runs_; }
  std::size_t row_count() const { return row_count_; }
  bool ascends() const { return ascends_; }
  // Whether any of these rows, which never descend, may be among them.
  bool MayMeet(const Column<std::uint32_t>& rows) const {
    return !rows.empty() && rows.front() < end_ && rows.back() >= begin_;
  }

  template <typename T>
  Column<T> Pick(const Column<T>& column) const {
    if (row_count_ == column.size() && ascends_) return column;
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
  bool ascends_ = true;
  std::uint32_t begin_ = kNotSelected;
  std::uint32_t end_ = 0;
};

// Which rows of a table are taken, and where each goes. Costs no more than what is taken.
class Selection {
 public:
  Selection() = default;
  Selection(Runs runs, std::size_t table_count)
      : runs_(std::move(runs)), table_count_(table_count) {
    is_all_ = runs_.row_count() == table_count && runs_.ascends();
  }
  static Selection All(std::size_t table_count) {
    Runs runs;
    runs.Add(0, static_cast<std::uint32_t>(table_count));
    return {std::move(runs), table_count};
  }

  const Runs& runs() const { return runs_; }
  bool is_all() const { return is_all_; }
  // kNotSelected when it is not taken.
  std::uint32_t PlaceOf(std::uint32_t row) const {
    if (is_all_) return row;
    if (runs_.list().size() <= 1) return runs_.row_count() == 0 ? kNotSelected : InFirst(row);
    if (!is_placed_) Place();
    if (!places_.empty()) return places_[row];
    const auto after = std::ranges::upper_bound(placed_, row, {}, &PlacedRun::begin);
    if (after == placed_.begin()) return kNotSelected;
    const PlacedRun& run = *(after - 1);
    return row - run.begin < run.count ? run.place + (row - run.begin) : kNotSelected;
  }

 private:
  struct PlacedRun {
    std::uint32_t begin;
    std::uint32_t count;
    std::uint32_t place;
  };

  // Of neighbours, as a large trace is written, nothing is looked up.
  std::uint32_t InFirst(std::uint32_t row) const {
    const Run run = runs_.list().front();
    return row - run.begin < run.count ? row - run.begin : kNotSelected;
  }

  // When somebody asks: of most tables nobody does. A table of all rows where much of it is taken,
  // else what is taken, to be searched.
  void Place() const {
    constexpr std::size_t kMuch = 8;
    is_placed_ = true;
    std::uint32_t place = 0;
    if (runs_.row_count() >= table_count_ / kMuch) {
      places_.resize(table_count_, kNotSelected);
      for (const Run run : runs_.list()) {
        for (std::uint32_t i = 0; i < run.count; ++i) places_[run.begin + i] = place++;
      }
      return;
    }
    placed_.reserve(runs_.list().size());
    for (const Run run : runs_.list()) {
      placed_.push_back({run.begin, run.count, std::exchange(place, place + run.count)});
    }
    if (!runs_.ascends()) std::ranges::sort(placed_, {}, &PlacedRun::begin);
  }

  Runs runs_;
  std::size_t table_count_ = 0;
  bool is_all_ = true;
  mutable bool is_placed_ = false;
  mutable std::vector<std::uint32_t> places_;
  mutable std::vector<PlacedRun> placed_;
};

using Selections = std::array<Selection, kOwnerCount>;

Selection Select(const std::vector<std::uint32_t>& rows, std::size_t table_count) {
  std::size_t run_count = rows.empty() ? 0 : 1;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (rows[i] != rows[i - 1] + 1) ++run_count;
  }
  Runs runs;
  runs.Reserve(run_count);
  for (const std::uint32_t row : rows) runs.Add(row);
  return {std::move(runs), table_count};
}

// The rows that `indexes` have at `at`.
Selection SelectUsed(const Column<std::uint32_t>& indexes, const std::vector<std::uint32_t>& at,
                     std::size_t table_count) {
  // Of few spans those that they use, sorted, not all that there are.
  constexpr std::size_t kMany = 32;
  std::vector<std::uint32_t> used;
  if (at.size() >= table_count / kMany) {
    std::vector<bool> is_used(table_count, false);
    for (const std::uint32_t row : at) is_used[indexes[row]] = true;
    used.reserve(static_cast<std::size_t>(std::ranges::count(is_used, true)));
    for (std::uint32_t row = 0; row < table_count; ++row) {
      if (is_used[row]) used.push_back(row);
    }
  } else {
    for (const std::uint32_t row : at) {
      // Neighbours mostly use the same.
      if (used.empty() || used.back() != indexes[row]) used.push_back(indexes[row]);
    }
    std::ranges::sort(used);
    used.erase(std::ranges::unique(used).begin(), used.end());
  }
  return Select(used, table_count);
}

// Calls visit(begin, end) with where the values of `wanted` stand among `rows`, which never
// descend.
template <typename Visit>
void ForEachRange(const Column<std::uint32_t>& rows, const Runs& wanted, Visit visit) {
  const auto find = [&](std::uint32_t row, std::size_t near) {
    // Mostly it is near where the one before ended.
    if (near == rows.size() || rows[near] >= row) {
      if (near == 0 || rows[near - 1] < row) return near;
    }
    return static_cast<std::size_t>(std::ranges::lower_bound(rows, row) - rows.begin());
  };
  std::size_t end = 0;
  for (const Run run : wanted.list()) {
    const std::size_t begin = find(run.begin, end);
    end = find(run.begin + run.count, begin);
    if (begin != end) visit(static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end));
  }
}

Selection SelectChildren(const Column<std::uint32_t>& span_rows, const Selection& spans) {
  if (spans.is_all()) return Selection::All(span_rows.size());
  Runs runs;
  runs.Reserve(std::min(spans.runs().list().size(), span_rows.size()));
  ForEachRange(span_rows, spans.runs(),
               [&](std::uint32_t begin, std::uint32_t end) { runs.Add(begin, end - begin); });
  return {std::move(runs), span_rows.size()};
}

Column<std::uint32_t> Renumber(Column<std::uint32_t> rows, const Selection& target) {
  if (target.is_all()) return rows;
  for (std::uint32_t& row : rows.Edit()) row = target.PlaceOf(row);
  return rows;
}

// Which values of the column belong to the rows that are taken, in their order.
Runs ValuesOf(const AttributeColumn& column, const Selection& rows) {
  Runs values;
  constexpr std::size_t kSearchSteps = 16;
  // Looked for where that costs less than to look at each value.
  if (rows.runs().list().size() * kSearchSteps < column.count()) {
    ForEachRange(column.rows, rows.runs(),
                 [&](std::uint32_t begin, std::uint32_t end) { values.Add(begin, end - begin); });
    return values;
  }
  if (rows.runs().ascends()) {
    // Those of neighbours are neighbours.
    values.Reserve(std::min(rows.runs().list().size(), column.count()));
    for (std::uint32_t i = 0; i < column.count(); ++i) {
      if (rows.PlaceOf(column.rows[i]) != kNotSelected) values.Add(i);
    }
    return values;
  }
  std::vector<std::pair<std::uint32_t, std::uint32_t>> placed;
  placed.reserve(column.count());
  for (std::uint32_t i = 0; i < column.count(); ++i) {
    const std::uint32_t place = rows.PlaceOf(column.rows[i]);
    if (place != kNotSelected) placed.emplace_back(place, i);
  }
  if (!std::ranges::is_sorted(placed)) std::ranges::sort(placed);
  values.Reserve(placed.size());
  for (const auto& [place, value] : placed) values.Add(value);
  return values;
}

AttributeColumn PickColumn(const AttributeColumn& column, const Selection& rows) {
  const Runs values = ValuesOf(column, rows);
  AttributeColumn picked;
  picked.owner = column.owner;
  picked.type = column.type;
  picked.key = column.key;
  picked.rows = Renumber(values.Pick(column.rows), rows);
  if (!column.strings.empty()) picked.strings = values.Pick(column.strings);
  if (!column.numbers.empty()) picked.numbers = values.Pick(column.numbers);
  return picked;
}

Result<SpanColumns> SelectRows(const SpanColumns& columns, const Selections& selections,
                               const StopCheck& check) {
  const auto of = [&](Owner owner) -> const Selection& {
    return selections[static_cast<std::size_t>(owner)];
  };
  SpanColumns out;
  ForEachColumn(
      [&](auto role, const auto& from, auto& to) {
        to = of(role.owner).runs().Pick(from);
        if constexpr (role.is_reference) to = Renumber(std::move(to), of(role.target));
      },
      columns, out);
  for (const AttributeColumn& column : columns.attributes) {
    TRY(Ask(check));
    const Selection& rows = of(column.owner);
    // Most of a trace in which every span has keys of its own.
    if (!rows.runs().MayMeet(column.rows)) continue;
    AttributeColumn picked = rows.is_all() ? column : PickColumn(column, rows);
    if (!picked.rows.empty()) out.attributes.push_back(std::move(picked));
  }
  out.memory = columns.memory;
  return out;
}

// All rows of all tables but one.
SpanColumns SelectRowsOf(const SpanColumns& columns, Owner owner,
                         const std::vector<std::uint32_t>& rows) {
  Selections selections;
  for (std::size_t i = 0; i < kOwnerCount; ++i) {
    const std::size_t count = RowCount(columns, static_cast<Owner>(i));
    selections[i] =
        i == static_cast<std::size_t>(owner) ? Select(rows, count) : Selection::All(count);
  }
  return *SelectRows(columns, selections, {});
}

}  // namespace

SpanColumns SelectSpans(const SpanColumns& columns, const std::vector<std::uint32_t>& span_rows) {
  return *SelectSpans(columns, span_rows, {});
}

Result<SpanColumns> SelectSpans(const SpanColumns& columns,
                                const std::vector<std::uint32_t>& span_rows,
                                const StopCheck& check) {
  Selections selections;
  const auto of = [&](Owner owner) -> Selection& {
    return selections[static_cast<std::size_t>(owner)];
  };
  const Selection& spans = of(Owner::kSpan) = Select(span_rows, columns.span_count());
  of(Owner::kResource) = SelectUsed(columns.resource_indexes, span_rows, columns.resources.count());
  of(Owner::kScope) = SelectUsed(columns.scope_indexes, span_rows, columns.scopes.count());
  of(Owner::kEvent) = SelectChildren(columns.events.span_rows, spans);
  of(Owner::kLink) = SelectChildren(columns.links.span_rows, spans);
  return SelectRows(columns, selections, check);
}

SpanColumns SelectEvents(const SpanColumns& columns, const std::vector<std::uint32_t>& event_rows) {
  return SelectRowsOf(columns, Owner::kEvent, event_rows);
}

SpanColumns SelectLinks(const SpanColumns& columns, const std::vector<std::uint32_t>& link_rows) {
  return SelectRowsOf(columns, Owner::kLink, link_rows);
}

}  // namespace clew::model
