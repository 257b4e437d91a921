#include "model/split_traces.h"

#include <algorithm>
#include <memory>
#include <span>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "model/attribute_index.h"
#include "model/memory.h"

namespace clew::model {
namespace {

/// What each column takes besides its values: its head, and what the allocator adds.
constexpr std::uint64_t kColumnBytes = 32;
/// Two have values, at most.
constexpr std::uint64_t kAttributeColumnBytes = sizeof(AttributeColumn) + 2 * kColumnBytes;

void AddValue(const AttributeColumn& from, std::size_t value, std::uint32_t row,
              AttributeColumn* to) {
  to->rows.push_back(row);
  if (!from.strings.empty()) to->strings.push_back(from.strings[value]);
  if (!from.numbers.empty()) to->numbers.push_back(from.numbers[value]);
}

std::uint64_t ValueBytes(const AttributeColumn& column) {
  return sizeof(std::uint32_t) + (column.strings.empty() ? 0 : sizeof(std::string_view)) +
         (column.numbers.empty() ? 0 : sizeof(std::int64_t));
}

AttributeColumn EmptyColumn(const AttributeColumn& like, std::size_t count) {
  AttributeColumn column;
  column.owner = like.owner;
  column.type = like.type;
  column.key = like.key;
  column.rows.reserve(count);
  if (!like.strings.empty()) column.strings.reserve(count);
  if (!like.numbers.empty()) column.numbers.reserve(count);
  return column;
}

}  // namespace

Result<std::unique_ptr<const TraceSplitter>> TraceSplitter::Make(SpanColumnsPtr columns,
                                                                 const StopCheck& check) {
  std::unique_ptr<TraceSplitter> splitter(new TraceSplitter(std::move(columns)));
  TRY(splitter->Build(check));
  return splitter;
}

Status TraceSplitter::Build(const StopCheck& check) {
  table_bytes_ = TableBytes(*columns_);
  const auto& ids = columns_->trace_ids;
  if (ids.empty()) return {};
  if (std::ranges::all_of(ids, [&](const TraceId& id) { return id == ids.front(); })) {
    ids_ = {ids.front()};
    bytes_max_ = {table_bytes_ + TextLength(*columns_).OwnBytesMax()};
    return {};
  }
  tables_.resize(kOwnerCount);
  GroupSpans();
  TRY(Ask(check));
  GroupUsed(Owner::kResource, columns_->resource_indexes);
  GroupUsed(Owner::kScope, columns_->scope_indexes);
  GroupChildren(Owner::kEvent, columns_->events.span_rows);
  GroupChildren(Owner::kLink, columns_->links.span_rows);
  for (std::size_t i = 0; i < kOwnerCount; ++i) {
    TRY(Ask(check));
    const std::size_t row_count = RowCount(*columns_, static_cast<Owner>(i));
    ListUses(&tables_[i], row_count);
    // The list of who is wanted comes on top while they are split.
    table_bytes_ += 8 * row_count + 20 * tables_[i].rows.size() + 4 * ids_.size();
  }
  return CountBytes(check);
}

void TraceSplitter::GroupSpans() {
  std::unordered_map<TraceId, std::uint32_t> places;
  std::vector<std::uint32_t> traces;
  traces.reserve(columns_->span_count());
  for (const TraceId& id : columns_->trace_ids) {
    // Spans of one trace mostly stand together.
    if (traces.empty() || ids_[traces.back()] != id) {
      const auto [place, is_new] = places.try_emplace(id, static_cast<std::uint32_t>(ids_.size()));
      if (is_new) ids_.push_back(id);
      traces.push_back(place->second);
    } else {
      traces.push_back(traces.back());
    }
  }
  Table& table = TableOf(Owner::kSpan);
  table.starts.resize(ids_.size() + 1, 0);
  for (const std::uint32_t trace : traces) ++table.starts[trace + 1];
  for (std::size_t i = 0; i < ids_.size(); ++i) table.starts[i + 1] += table.starts[i];
  table.rows.resize(traces.size());
  std::vector<std::uint32_t> next(table.starts.begin(), table.starts.end() - 1);
  for (std::uint32_t row = 0; row < traces.size(); ++row) table.rows[next[traces[row]]++] = row;
}

void TraceSplitter::GroupUsed(Owner owner, const Column<std::uint32_t>& indexes) {
  const Table& spans = TableOf(Owner::kSpan);
  Table& table = TableOf(owner);
  constexpr std::uint32_t kNone = 0xffffffff;
  std::vector<std::uint32_t> last_user(RowCount(*columns_, owner), kNone);
  for (std::uint32_t trace = 0; trace < ids_.size(); ++trace) {
    table.starts.push_back(static_cast<std::uint32_t>(table.rows.size()));
    for (std::uint32_t i = spans.starts[trace]; i < spans.starts[trace + 1]; ++i) {
      const std::uint32_t row = indexes[spans.rows[i]];
      if (std::exchange(last_user[row], trace) != trace) table.rows.push_back(row);
    }
    // In their order, so that attributes keep theirs.
    std::ranges::sort(std::span(table.rows).subspan(table.starts.back()));
  }
  table.starts.push_back(static_cast<std::uint32_t>(table.rows.size()));
}

void TraceSplitter::GroupChildren(Owner owner, const Column<std::uint32_t>& span_rows) {
  const Table& spans = TableOf(Owner::kSpan);
  Table& table = TableOf(owner);
  const std::vector<std::uint32_t> starts = ChildStarts(span_rows, columns_->span_count());
  for (std::uint32_t trace = 0; trace < ids_.size(); ++trace) {
    table.starts.push_back(static_cast<std::uint32_t>(table.rows.size()));
    for (std::uint32_t i = spans.starts[trace]; i < spans.starts[trace + 1]; ++i) {
      const std::uint32_t span = spans.rows[i];
      for (std::uint32_t row = starts[span]; row < starts[span + 1]; ++row) {
        table.rows.push_back(row);
      }
    }
  }
  table.starts.push_back(static_cast<std::uint32_t>(table.rows.size()));
}

void TraceSplitter::ListUses(Table* table, std::size_t row_count) const {
  table->use_starts = ChildStarts({}, row_count);
  for (const std::uint32_t row : table->rows) ++table->use_starts[row + 1];
  for (std::size_t row = 0; row < row_count; ++row) {
    table->use_starts[row + 1] += table->use_starts[row];
  }
  table->uses.resize(table->rows.size());
  std::vector<std::uint32_t> next(table->use_starts.begin(), table->use_starts.end() - 1);
  for (std::uint32_t trace = 0; trace < ids_.size(); ++trace) {
    for (std::uint32_t i = table->starts[trace]; i < table->starts[trace + 1]; ++i) {
      table->uses[next[table->rows[i]]++] = {trace, i - table->starts[trace]};
    }
  }
}

Status TraceSplitter::CountBytes(const StopCheck& check) {
  std::vector<TextLength> texts(ids_.size());
  // With the list of attribute columns.
  bytes_max_.assign(ids_.size(), sizeof(SpanColumns) + kColumnBytes);
  column_counts_.assign(ids_.size(), 0);
  ForEachColumn(
      [&](auto role, const auto& column) {
        using Cell = typename std::remove_cvref_t<decltype(column)>::value_type;
        const Table& table = TableOf(role.owner);
        for (std::uint32_t trace = 0; trace < ids_.size(); ++trace) {
          const auto rows =
              std::span(table.rows)
                  .subspan(table.starts[trace], table.starts[trace + 1] - table.starts[trace]);
          if (rows.empty()) continue;
          bytes_max_[trace] += kColumnBytes + rows.size() * sizeof(Cell);
          if constexpr (std::is_same_v<Cell, std::string_view>) {
            for (const std::uint32_t row : rows) texts[trace].Add(column[row]);
          }
        }
      },
      *columns_);
  for (const Owner owner : {Owner::kSpan, Owner::kEvent, Owner::kLink}) {
    TRY(CountAttributes(owner, check, &texts));
  }
  for (const Owner owner : {Owner::kResource, Owner::kScope}) {
    TRY(CountSharedAttributes(owner, check, &texts));
  }
  for (std::size_t i = 0; i < ids_.size(); ++i) bytes_max_[i] += texts[i].OwnBytesMax();
  return {};
}

// Each row is of one trace.
Status TraceSplitter::CountAttributes(Owner owner, const StopCheck& check,
                                      std::vector<TextLength>* texts) {
  const Table& table = TableOf(owner);
  std::vector<const AttributeColumn*> last(ids_.size(), nullptr);
  for (const AttributeColumn& column : columns_->attributes) {
    if (column.owner != owner) continue;
    TRY(Ask(check));
    const std::uint64_t value_bytes = ValueBytes(column);
    for (std::size_t value = 0; value < column.count(); ++value) {
      const std::uint32_t trace = table.uses[table.use_starts[column.rows[value]]].trace;
      if (std::exchange(last[trace], &column) != &column) {
        bytes_max_[trace] += kAttributeColumnBytes;
        (*texts)[trace].Add(column.key);
        ++column_counts_[trace];
      }
      bytes_max_[trace] += value_bytes;
      if (!column.strings.empty()) (*texts)[trace].Add(column.strings[value]);
    }
  }
  return {};
}

// Many traces may use a row, and it may have many attributes: it is summed up once.
Status TraceSplitter::CountSharedAttributes(Owner owner, const StopCheck& check,
                                            std::vector<TextLength>* texts) {
  const Table& table = TableOf(owner);
  std::vector<AttributeCost> rows(RowCount(*columns_, owner));
  AttributeCost all;
  for (const AttributeColumn& column : columns_->attributes) {
    if (column.owner != owner) continue;
    TRY(Ask(check));
    ++all.column_count;
    all.keys.Add(column.key);
    const std::uint64_t value_bytes = ValueBytes(column);
    for (std::size_t value = 0; value < column.count(); ++value) {
      AttributeCost& row = rows[column.rows[value]];
      if (value == 0 || column.rows[value] != column.rows[value - 1]) {
        ++row.column_count;
        row.keys.Add(column.key);
      }
      row.value_bytes += value_bytes;
      if (!column.strings.empty()) row.values.Add(column.strings[value]);
    }
  }
  for (std::uint32_t trace = 0; trace < ids_.size(); ++trace) {
    if (trace % kRowsPerStopCheck == 0) TRY(Ask(check));
    AttributeCost used;
    for (std::uint32_t i = table.starts[trace]; i < table.starts[trace + 1]; ++i) {
      const AttributeCost& row = rows[table.rows[i]];
      used.value_bytes += row.value_bytes;
      used.column_count += row.column_count;
      used.values.Add(row.values);
      used.keys.Add(row.keys);
    }
    // Rows mostly share their columns: there are no more than of all.
    const AttributeCost& heads = used.column_count < all.column_count ? used : all;
    bytes_max_[trace] += used.value_bytes + heads.column_count * kAttributeColumnBytes;
    (*texts)[trace].Add(used.values);
    (*texts)[trace].Add(heads.keys);
    column_counts_[trace] += static_cast<std::uint32_t>(heads.column_count);
  }
  return {};
}

Result<std::vector<SpanColumnsPtr>> TraceSplitter::Split(const std::vector<bool>& is_wanted,
                                                         const StopCheck& check,
                                                         const Edit& edit) const {
  Parts parts(ids_.size());
  for (std::uint32_t trace = 0; trace < ids_.size(); ++trace) {
    if (!is_wanted[trace]) continue;
    TRY(Ask(check));
    parts[trace] = std::make_shared<SpanColumns>();
    if (tables_.empty()) {
      *parts[trace] = *columns_;
    } else {
      FillTables(trace, parts[trace].get());
    }
  }
  if (!tables_.empty()) TRY(FillAttributes(check, &parts));
  TextOwner texts;
  for (const std::shared_ptr<SpanColumns>& part : parts) {
    if (part == nullptr) continue;
    if (edit) edit(part.get());
    TRY(texts.Own(part.get(), check));
  }
  return std::vector<SpanColumnsPtr>(parts.begin(), parts.end());
}

void TraceSplitter::FillTables(std::uint32_t trace, SpanColumns* out) const {
  // Where the rows of this trace go, of the tables that others refer to.
  const auto place_of = [&](Owner owner, std::uint32_t row) {
    const Table& table = TableOf(owner);
    const auto uses =
        std::span(table.uses)
            .subspan(table.use_starts[row], table.use_starts[row + 1] - table.use_starts[row]);
    // By trace.
    return std::ranges::lower_bound(uses, trace, {}, &Use::trace)->place;
  };
  ForEachColumn(
      [&](auto role, const auto& from, auto& to) {
        const Table& table = TableOf(role.owner);
        const std::uint32_t begin = table.starts[trace];
        const std::uint32_t end = table.starts[trace + 1];
        to.reserve(end - begin);
        for (std::uint32_t i = begin; i < end; ++i) {
          if constexpr (role.is_reference) {
            to.push_back(place_of(role.target, from[table.rows[i]]));
          } else {
            to.push_back(from[table.rows[i]]);
          }
        }
      },
      *columns_, *out);
  out->attributes.reserve(column_counts_[trace]);
}

TraceSplitter::UseList TraceSplitter::WantedUses(Owner owner, const Parts& parts) const {
  const Table& table = TableOf(owner);
  UseList wanted;
  wanted.starts.reserve(table.use_starts.size());
  for (std::size_t row = 0; row + 1 < table.use_starts.size(); ++row) {
    wanted.starts.push_back(static_cast<std::uint32_t>(wanted.uses.size()));
    for (std::uint32_t i = table.use_starts[row]; i < table.use_starts[row + 1]; ++i) {
      if (parts[table.uses[i].trace] != nullptr) wanted.uses.push_back(table.uses[i]);
    }
  }
  wanted.starts.push_back(static_cast<std::uint32_t>(wanted.uses.size()));
  return wanted;
}

Status TraceSplitter::FillAttributes(const StopCheck& check, Parts* parts) const {
  std::vector<std::uint32_t> counts(ids_.size(), 0);
  std::vector<std::uint32_t> users;
  std::vector<AttributeColumn*> targets(ids_.size(), nullptr);
  StopSteps steps(check);
  std::vector<UseList> all_uses;
  for (std::size_t i = 0; i < kOwnerCount; ++i) {
    all_uses.push_back(WantedUses(static_cast<Owner>(i), *parts));
  }
  for (const AttributeColumn& column : columns_->attributes) {
    const UseList& list = all_uses[static_cast<std::size_t>(column.owner)];
    const auto for_each_use = [&](auto visit) -> Status {
      for (std::uint32_t value = 0; value < column.count(); ++value) {
        const std::uint32_t row = column.rows[value];
        for (std::uint32_t i = list.starts[row]; i < list.starts[row + 1]; ++i) {
          visit(list.uses[i], value);
        }
        if (steps.Pass(1 + list.starts[row + 1] - list.starts[row])) TRY(steps.Ask());
      }
      return {};
    };
    users.clear();
    TRY(for_each_use([&](const Use& use, std::uint32_t) {
      if (counts[use.trace]++ == 0) users.push_back(use.trace);
    }));
    for (const std::uint32_t trace : users) {
      targets[trace] = &(*parts)[trace]->attributes.emplace_back(
          EmptyColumn(column, std::exchange(counts[trace], 0)));
    }
    TRY(for_each_use([&](const Use& use, std::uint32_t value) {
      AddValue(column, value, use.place, targets[use.trace]);
    }));
  }
  return {};
}

}  // namespace clew::model
