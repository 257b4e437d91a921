#include "storage/format/span_reader.h"

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <span>
#include <utility>

#include "storage/format/column_schema.h"
#include "storage/format/fetched_pages.h"
#include "storage/format/packed_column.h"
#include "storage/format/span_pages.h"

namespace clew::storage {
namespace {

using model::Column;
using model::Owner;
using model::SpanColumns;

std::int64_t Sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

// Of a span whose resource or scope is lost.
constexpr std::uint32_t kNoRow = 0xffffffff;

// Replaces values by their place among the distinct ones, and gives those; kNoRow stays.
WantedRows Compact(std::span<std::uint32_t> rows, std::uint32_t table_row_count) {
  WantedRows distinct;
  distinct.table_row_count = table_row_count;
  distinct.rows.assign(rows.begin(), rows.end());
  std::ranges::sort(distinct.rows);
  const auto repeated = std::ranges::unique(distinct.rows);
  distinct.rows.erase(repeated.begin(), repeated.end());
  if (!distinct.rows.empty() && distinct.rows.back() == kNoRow) distinct.rows.pop_back();
  for (std::uint32_t& row : rows) {
    if (row == kNoRow) continue;
    row = static_cast<std::uint32_t>(std::ranges::lower_bound(distinct.rows, row) -
                                     distinct.rows.begin());
  }
  return distinct;
}

template <typename Value>
void EraseAt(const std::vector<std::uint32_t>& indexes, std::vector<Value>* values) {
  auto next = indexes.begin();
  std::uint32_t index = 0;
  std::erase_if(*values, [&](const Value&) {
    const bool is_lost = next != indexes.end() && *next == index++;
    if (is_lost) ++next;
    return is_lost;
  });
}

// Texts of which it is known where they lie.
struct PendingTexts {
  const ColumnEntry* column = nullptr;
  std::vector<std::uint32_t> places{};
  Gaps gaps{};
  Column<std::string_view>* out = nullptr;
};

struct PendingAttribute {
  PendingTexts values;
  RowSlice slice;
  std::vector<std::int64_t> numbers{};
};

class SpanReader {
 public:
  SpanReader(const ColumnReader& reader, const TraceTable& traces,
             std::span<const std::size_t> wanted, scan::ReadExtent extent,
             const scan::StopCheck& check, Damage* damage)
      : pages_(std::make_shared<FetchedPages>(reader.pages())),
        reader_(reader, pages_),
        traces_(traces),
        wanted_(wanted),
        extent_(extent),
        check_(check),
        damage_(damage) {
    spans_.table_row_count = reader.directory().stats.span_count;
    for (const std::size_t trace : wanted_) {
      for (std::uint32_t row = traces.span_starts[trace]; row < traces.span_starts[trace + 1];
           ++row) {
        spans_.rows.push_back(row);
      }
    }
  }

  Result<model::SpanColumnsPtr> Read() {
    TRY(pages_->Fetch(PagesOfSpans(reader_.directory(), spans_.rows, extent_)));
    TRY(Spans());
    TRY(Parents());
    TRY(Resources());
    if (extent_ == scan::ReadExtent::kTree) {
      LeaveOutTheRest();
    } else {
      TRY(Details());
    }
    TRY(Attributes());
    return std::make_shared<const SpanColumns>(std::move(out_));
  }

 private:
  std::uint32_t SpanCountOf(std::size_t trace) const {
    return traces_.span_starts[trace + 1] - traces_.span_starts[trace];
  }

  Status Check() const { return check_ ? check_() : Status(); }

  void Note(Damage damage) { std::ranges::move(damage, std::back_inserter(*damage_)); }

  // Gives the indexes of values that are lost.
  template <typename Column>
  Result<std::vector<std::uint32_t>> NumbersWithGaps(ColumnField field, const WantedRows& wanted,
                                                     Column* out) {
    TRY(Check());
    Gaps gaps;
    ASSIGN_OR_RETURN(const std::vector<std::int64_t> numbers,
                     reader_.Numbers(reader_.Required(field), wanted.rows, &gaps));
    out->reserve(numbers.size());
    for (const std::int64_t number : numbers) {
      out->push_back(static_cast<typename Column::value_type>(number));
    }
    Note(std::move(gaps.damage));
    return std::move(gaps.indexes);
  }

  template <typename Column>
  Status Read(ColumnField field, const WantedRows& wanted, Column* out) {
    TRY(NumbersWithGaps(field, wanted, out));
    return {};
  }

  // Texts wait until it is known where all of them lie, so that their chunks are read together.
  Status Read(ColumnField field, const WantedRows& wanted, Column<std::string_view>* out) {
    TRY(Check());
    PendingTexts pending{.column = &reader_.Required(field), .out = out};
    ASSIGN_OR_RETURN(pending.places, reader_.Places(*pending.column, wanted.rows, &pending.gaps));
    reader_.AddChunks(*pending.column, pending.places, &chunks_);
    out->resize(wanted.rows.size());
    texts_.push_back(std::move(pending));
    return {};
  }

  Status SettleTexts() {
    for (PendingTexts& pending : texts_) {
      TRY(Check());
      ASSIGN_OR_RETURN(const std::vector<std::string_view> texts, TextsOf(&pending));
      // There may be an empty one behind them.
      std::ranges::copy(texts, pending.out->Edit().begin());
      Note(std::move(pending.gaps.damage));
    }
    return {};
  }

  Status Read(ColumnField field, const WantedRows& wanted, Column<TraceId>* out) {
    return ReadIds(field, wanted, out);
  }
  Status Read(ColumnField field, const WantedRows& wanted, Column<SpanId>* out) {
    return ReadIds(field, wanted, out);
  }
  template <typename Id>
  Status ReadIds(ColumnField field, const WantedRows& wanted, Column<Id>* out) {
    Gaps gaps;
    ASSIGN_OR_RETURN(const std::string values,
                     reader_.FixedValues(reader_.Required(field), wanted.rows, &gaps));
    Note(std::move(gaps.damage));
    const std::size_t width = sizeof(Id::bytes);
    out->resize(wanted.rows.size());
    const std::span<Id> ids = out->Edit();
    for (std::size_t i = 0; i < ids.size(); ++i) {
      std::memcpy(ids[i].bytes.data(), values.data() + i * width, width);
    }
    return {};
  }

  // The fields of the list that are stored as they are, of those of a span only what is of a tree,
  // or what is not.
  template <Owner kOwner, bool kIsOfTree = false>
  Status Fields(const WantedRows& wanted) {
    Status status;
    model::AnyField<kOwner>([&](auto field) {
      constexpr ColumnField kColumn = kColumnOf<decltype(field)>;
      if constexpr (IsPlain(kColumn) && IsOfTree(kColumn) == kIsOfTree) {
        auto& out = field.Of(out_);
        if (reader_.directory().Find(kColumn) == nullptr) {
          out.resize(wanted.rows.size());  // the block is older than the field
        } else {
          status = Read(kColumn, wanted, &out);
        }
      }
      return !status.has_value();
    });
    return status;
  }

  static constexpr bool IsOfTree(ColumnField field) {
    using enum ColumnField;
    return field == kSpanId || field == kKind || field == kStatusCode;
  }

  // Rows of the resource or scope table, one a span: kNoRow where they are lost or make no sense.
  Status References(ColumnField field, std::uint32_t row_count, Column<std::uint32_t>* out) {
    std::vector<std::int64_t> rows;
    ASSIGN_OR_RETURN(const auto gaps, NumbersWithGaps(field, spans_, &rows));
    for (const std::uint32_t index : gaps) rows[index] = kNoRow;
    bool is_sound = true;
    for (const std::int64_t row : rows) {
      const bool is_known = row >= 0 && row < row_count;
      is_sound = is_sound && (is_known || row == kNoRow);
      out->push_back(is_known ? static_cast<std::uint32_t>(row) : kNoRow);
    }
    if (!is_sound) NoteContent(field, "rows that are not there");
    return {};
  }

  void NoteContent(ColumnField field, const char* what) {
    damage_->push_back(reader_.Describe(reader_.Required(field), Error{Code::kDataLoss, what}));
  }

  Status Spans() {
    std::vector<std::int64_t> offsets;
    std::vector<std::int64_t> durations;
    TRY(Read(ColumnField::kStartOffset, spans_, &offsets));
    TRY(Read(ColumnField::kDuration, spans_, &durations));
    std::size_t row = 0;
    for (const std::size_t trace : wanted_) {
      for (const std::size_t end = row + SpanCountOf(trace); row < end; ++row) {
        out_.trace_ids.push_back(traces_.Id(trace));
        out_.starts.push_back(Sum(traces_.start_times[trace], offsets[row]));
        out_.ends.push_back(Sum(out_.starts.back(), durations[row]));
      }
    }
    TRY((Fields<Owner::kSpan, true>(spans_)));
    return References(ColumnField::kResource, reader_.directory().stats.resource_count,
                      &out_.resource_indexes);
  }

  Status Details() {
    TRY(Fields<Owner::kSpan>(spans_));
    TRY(References(ColumnField::kScope, reader_.directory().stats.scope_count,
                   &out_.scope_indexes));
    TRY(Scopes());
    const scan::SourceStats& stats = reader_.directory().stats;
    ASSIGN_OR_RETURN(events_,
                     Children(ColumnField::kEventSpan, stats.event_count, &out_.events.span_rows));
    ASSIGN_OR_RETURN(links_,
                     Children(ColumnField::kLinkSpan, stats.link_count, &out_.links.span_rows));
    return {};
  }

  // One empty scope for all, and nothing of the rest.
  void LeaveOutTheRest() {
    const std::size_t count = out_.span_count();
    model::ForEachColumnOf<Owner::kSpan>([&](auto, auto& column) { column.resize(count); }, out_);
    model::AddRow<Owner::kScope>(&out_);
  }

  bool IsWanted(Owner owner) const {
    return extent_ == scan::ReadExtent::kAll || owner == Owner::kResource;
  }

  Status Parents() {
    std::vector<std::uint32_t> parents;
    ASSIGN_OR_RETURN(const auto gaps, NumbersWithGaps(ColumnField::kParent, spans_, &parents));
    for (const std::uint32_t index : gaps) parents[index] = 0;
    TRY(ForeignParents(parents));
    const std::span<SpanId> ids = out_.parent_span_ids.Edit();
    bool is_sound = true;
    std::size_t end = 0;
    for (const std::size_t trace : wanted_) {
      const std::size_t begin = end;
      end += SpanCountOf(trace);
      for (std::size_t row = begin; row < end; ++row) {
        // In what is not one trace, rows of a trace say nothing.
        if (parents[row] < 2 || traces_.is_lost[trace]) continue;
        const std::uint32_t in_trace = parents[row] - 2;
        if (in_trace < end - begin) {
          ids[row] = out_.span_ids[begin + in_trace];
        } else {
          is_sound = false;
        }
      }
    }
    if (!is_sound) NoteContent(ColumnField::kParent, "rows that are not there");
    return {};
  }

  Status ForeignParents(const std::vector<std::uint32_t>& parents) {
    out_.parent_span_ids.resize(spans_.rows.size());
    const ColumnEntry& column = reader_.Required(ColumnField::kForeignParent);
    Damage damage;
    ASSIGN_OR_RETURN(const RowSlice foreign, reader_.Slice(column, spans_, &damage));
    Gaps gaps;
    ASSIGN_OR_RETURN(const std::string ids, reader_.FixedValues(column, foreign.positions, &gaps));
    const std::span<SpanId> parent_ids = out_.parent_span_ids.Edit();
    std::size_t count = 0;
    for (std::size_t i = 0; i < foreign.rows.size(); ++i) {
      if (parents[foreign.rows[i]] != 1) continue;
      std::memcpy(parent_ids[foreign.rows[i]].bytes.data(), ids.data() + i * 8, 8);
      ++count;
    }
    const bool is_whole = damage.empty();
    Note(std::move(damage));
    Note(std::move(gaps.damage));
    if (is_whole && std::cmp_less(count, std::ranges::count(parents, 1u))) {
      NoteContent(ColumnField::kForeignParent, "ids are missing");
    }
    return {};
  }

  // Which rows of resources or scopes are wanted: all of them for all spans, so that rows stay what
  // they are in the row group.
  WantedRows Referenced(Column<std::uint32_t>* indexes, std::uint32_t row_count) const {
    if (wanted_.size() == traces_.count()) return WantedRows::Range(0, row_count, row_count);
    return Compact(indexes->Edit(), row_count);
  }

  // Gives the spans that have lost theirs an empty one, at the end of the table.
  static bool PointTo(std::size_t empty_row, Column<std::uint32_t>* indexes) {
    if (std::ranges::find(*indexes, kNoRow) == indexes->end()) return false;
    std::ranges::replace(indexes->Edit(), kNoRow, static_cast<std::uint32_t>(empty_row));
    return true;
  }

  Status Resources() {
    resources_ = Referenced(&out_.resource_indexes, reader_.directory().stats.resource_count);
    TRY(Fields<Owner::kResource>(resources_));
    if (!PointTo(out_.resources.count(), &out_.resource_indexes)) return {};
    model::AddRow<Owner::kResource>(&out_);
    return {};
  }

  Status Scopes() {
    scopes_ = Referenced(&out_.scope_indexes, reader_.directory().stats.scope_count);
    TRY(Fields<Owner::kScope>(scopes_));
    if (!PointTo(out_.scopes.count(), &out_.scope_indexes)) return {};
    model::AddRow<Owner::kScope>(&out_);
    return {};
  }

  // Rows of events or links in whose zones there may be some of the wanted spans.
  WantedRows MayBeChildren(ColumnField field, std::uint32_t row_count) const {
    const auto zones =
        ZonesWithin(reader_.Required(field).zones, {spans_.rows.front(), spans_.rows.back()});
    if (!zones) return WantedRows::Range(0, row_count, row_count);
    WantedRows candidates{.rows = {}, .table_row_count = row_count};
    for (const std::uint32_t zone : *zones) {
      for (std::uint32_t i = 0; i < ColumnEntry::CountOf(zone, row_count); ++i) {
        candidates.rows.push_back(zone * kZoneValues + i);
      }
    }
    return candidates;
  }

  // The rows of events or links whose span is wanted; `span_rows` gets their spans.
  Result<WantedRows> Children(ColumnField field, std::uint32_t row_count,
                              Column<std::uint32_t>* span_rows) {
    const WantedRows candidates = MayBeChildren(field, row_count);
    std::vector<std::uint32_t> all;
    ASSIGN_OR_RETURN(const auto lost, NumbersWithGaps(field, candidates, &all));
    std::vector<std::uint32_t> rows = candidates.rows;
    EraseAt(lost, &all);
    EraseAt(lost, &rows);
    if (!std::ranges::is_sorted(all)) {
      NoteContent(field, "rows that are not in order");
      all.clear();
    }
    WantedRows children;
    children.table_row_count = row_count;
    auto child = std::ranges::lower_bound(all, spans_.rows.front());
    for (std::uint32_t i = 0; i < spans_.rows.size() && child != all.end(); ++i) {
      while (child != all.end() && *child < spans_.rows[i]) ++child;
      for (; child != all.end() && *child == spans_.rows[i]; ++child) {
        children.rows.push_back(rows[static_cast<std::size_t>(child - all.begin())]);
        span_rows->push_back(i);
      }
    }
    return children;
  }

  Status EventsAndLinks() {
    TRY(Read(ColumnField::kEventTime, events_, &out_.events.times));
    const std::span<UnixNanos> times = out_.events.times.Edit();
    for (std::size_t i = 0; i < times.size(); ++i) {
      times[i] = Sum(times[i], out_.starts[out_.events.span_rows[i]]);
    }
    TRY(Fields<Owner::kEvent>(events_));
    return Fields<Owner::kLink>(links_);
  }

  const WantedRows& WantedOf(Owner owner) const {
    switch (owner) {
      case Owner::kResource:
        return resources_;
      case Owner::kScope:
        return scopes_;
      case Owner::kEvent:
        return events_;
      case Owner::kLink:
        return links_;
      case Owner::kSpan:
        break;
    }
    return spans_;
  }

  // Read in three steps, each of all columns: which rows, numbers and places of texts, texts.
  // Events and links are a step behind the others: which of them are wanted is known by now.
  Status Attributes() {
    out_.memory.emplace_back(reader_.directory_owner(), std::string_view());
    std::vector<PendingAttribute> attributes;
    PagePlan zones = PagesOfChildren(reader_.directory(), events_.rows, links_.rows);
    TRY(AddSlices({Owner::kSpan, Owner::kResource, Owner::kScope}, &attributes, &zones));
    TRY(pages_->Fetch(std::move(zones)));
    PagePlan zones_of_children;
    TRY(AddSlices({Owner::kEvent, Owner::kLink}, &attributes, &zones_of_children));
    TRY(pages_->Fetch(std::move(zones_of_children)));
    if (extent_ == scan::ReadExtent::kAll) TRY(EventsAndLinks());
    for (PendingAttribute& attribute : attributes) {
      TRY(Check());
      TRY(Places(&attribute));
    }
    TRY(pages_->Fetch(std::move(chunks_)));
    TRY(SettleTexts());
    for (PendingAttribute& attribute : attributes) {
      TRY(Check());
      TRY(Settle(&attribute));
    }
    return Overflow();
  }

  // The attributes that wanted rows of these tables have, and the zones with their values.
  Status AddSlices(std::initializer_list<Owner> owners, std::vector<PendingAttribute>* attributes,
                   PagePlan* zones) {
    for (const ColumnEntry& column : reader_.directory().columns) {
      const bool is_attribute = column.field == ColumnField::kAttribute;
      if (!is_attribute || !IsWanted(column.owner)) continue;
      if (std::ranges::find(owners, column.owner) == owners.end()) continue;
      TRY(Check());
      ASSIGN_OR_RETURN(RowSlice slice, reader_.Slice(column, WantedOf(column.owner), damage_));
      if (slice.rows.empty()) continue;
      reader_.AddZones(column, slice.positions, zones);
      attributes->push_back({.values = {.column = &column}, .slice = std::move(slice)});
    }
    return {};
  }

  // Of texts, and numbers themselves.
  Status Places(PendingAttribute* attribute) {
    PendingTexts& values = attribute->values;
    const ColumnEntry& column = *values.column;
    const auto& positions = attribute->slice.positions;
    if (model::HoldsText(column.type)) {
      ASSIGN_OR_RETURN(values.places, reader_.Places(column, positions, &values.gaps));
      reader_.AddChunks(column, values.places, &chunks_);
    } else if (column.type != model::ValueType::kEmpty) {
      ASSIGN_OR_RETURN(attribute->numbers, reader_.Numbers(column, positions, &values.gaps));
    }
    return {};
  }

  Status Settle(PendingAttribute* attribute) {
    PendingTexts& values = attribute->values;
    const ColumnEntry& column = *values.column;
    std::vector<std::string_view> texts;
    if (model::HoldsText(column.type)) {
      ASSIGN_OR_RETURN(texts, TextsOf(&values));
    }
    RowSlice& slice = attribute->slice;
    EraseAt(values.gaps.indexes, &slice.rows);
    EraseAt(values.gaps.indexes, &texts);
    EraseAt(values.gaps.indexes, &attribute->numbers);
    Note(std::move(values.gaps.damage));
    if (slice.rows.empty()) return {};
    out_.attributes.push_back({column.owner, column.type, column.key, Column(slice.rows),
                               Column(texts), Column(attribute->numbers)});
    return {};
  }

  Result<std::vector<std::string_view>> TextsOf(PendingTexts* pending) {
    return reader_.TextsAt(*pending->column, pending->places, &out_.memory, &pending->gaps);
  }

  Status Overflow() {
    const auto overflow = reader_.Overflow();
    if (!overflow.has_value()) {
      if (overflow.error().code != Code::kDataLoss) return std::unexpected(overflow.error());
      damage_->push_back(overflow.error());
      return {};
    }
    if (*overflow == nullptr) return {};
    out_.memory.emplace_back(*overflow, std::string_view());
    for (const OverflowColumn& column : (*overflow)->columns) {
      if (!IsWanted(column.owner)) continue;
      const WantedRows& wanted = WantedOf(column.owner);
      model::AttributeColumn target;
      target.owner = column.owner;
      target.type = column.type;
      target.key = column.key;
      for (std::size_t i = 0; i < column.rows.size(); ++i) {
        const auto found = std::ranges::lower_bound(wanted.rows, column.rows[i]);
        if (found == wanted.rows.end() || *found != column.rows[i]) continue;
        target.rows.push_back(static_cast<std::uint32_t>(found - wanted.rows.begin()));
        if (!column.texts.empty()) target.strings.push_back(column.texts[i]);
        if (!column.numbers.empty()) target.numbers.push_back(column.numbers[i]);
      }
      if (!target.rows.empty()) out_.attributes.push_back(std::move(target));
    }
    return {};
  }

  const std::shared_ptr<FetchedPages> pages_;
  const ColumnReader reader_;
  const TraceTable& traces_;
  const std::span<const std::size_t> wanted_;
  const scan::ReadExtent extent_;
  const scan::StopCheck& check_;
  Damage* const damage_;
  WantedRows spans_;
  WantedRows resources_;
  WantedRows scopes_;
  WantedRows events_;
  WantedRows links_;
  PagePlan chunks_;
  std::vector<PendingTexts> texts_;
  SpanColumns out_;
};

}  // namespace

Result<model::SpanColumnsPtr> ReadSpans(const ColumnReader& reader, const TraceTable& traces,
                                        std::span<const std::size_t> wanted,
                                        scan::ReadExtent extent, const scan::StopCheck& check,
                                        Damage* damage) {
  return SpanReader(reader, traces, wanted, extent, check, damage).Read();
}

}  // namespace clew::storage
