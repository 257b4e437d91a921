#include "analysis/adjust.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/edit_attributes.h"
#include "model/select_rows.h"
#include "model/shown_keys.h"
#include "wire/otlp/same_spans.h"

namespace clew::analysis {
namespace {

using model::AttributeColumn;
using model::Owner;
using model::SpanColumns;
using model::ValueType;

std::string DottedText(std::uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24, (address >> 16) & 255, (address >> 8) & 255,
                     address & 255);
}

/// Empty when it is no address.
std::string AddressText(ValueType type, std::int64_t number) {
  if (type == ValueType::kInt) return DottedText(static_cast<std::uint32_t>(number));
  const auto real = std::bit_cast<double>(number);
  if (!(real >= 0 && real <= 4294967295.0)) return {};
  return DottedText(static_cast<std::uint32_t>(real));
}

void RemoveEmptyColumns(SpanColumns* columns) {
  std::erase_if(columns->attributes,
                [](const AttributeColumn& column) { return column.rows.empty(); });
}

void WriteIpAsText(std::size_t place, SpanColumns* columns) {
  AttributeColumn& column = columns->attributes[place];
  model::MadeTexts texts;
  std::vector<bool> is_removed(column.count(), false);
  for (std::size_t i = 0; i < column.count(); ++i) {
    const std::string text = AddressText(column.type, column.numbers[i]);
    if (text.empty()) continue;
    is_removed[i] = true;
    texts.Add(column.rows[i], text);
  }
  model::RemoveValues(is_removed, &column);
  const Owner owner = column.owner;
  const std::string key(column.key);
  model::AddValues(owner, key, ValueType::kString, std::move(texts).Give(columns), columns);
}

/// The columns of one key, in the order in which a row has its values.
std::vector<AttributeColumn*> ColumnsOf(Owner owner, std::string_view key, SpanColumns* columns) {
  std::vector<AttributeColumn*> found;
  for (AttributeColumn& column : columns->attributes) {
    if (column.owner == owner && column.key == key) found.push_back(&column);
  }
  std::ranges::sort(found, {}, &AttributeColumn::type);
  return found;
}

/// A value of a column, to be compared.
struct ValueView {
  const AttributeColumn* column = nullptr;  // null: there is none
  std::size_t place = 0;

  // Views the text of the column.
  model::RowValue At(std::uint32_t row) const {
    return {row, column->strings.empty() ? std::string_view() : column->strings[place],
            column->numbers.empty() ? 0 : column->numbers[place]};
  }
  bool operator==(const ValueView& other) const {
    return wire::otlp::AreSameValues(*column, place, *other.column, other.place);
  }
};

/// The first value of each resource.
std::vector<ValueView> FirstOfResources(std::string_view key, SpanColumns* columns) {
  std::vector<ValueView> first(columns->resources.count());
  for (const AttributeColumn* column : ColumnsOf(Owner::kResource, key, columns)) {
    for (std::size_t i = 0; i < column->count(); ++i) {
      ValueView& view = first[column->rows[i]];
      if (view.column == nullptr) view = {column, i};
    }
  }
  return first;
}

/// Of each resource gets what all of its spans say, once, and it does not say itself.
void AddAgreed(std::string_view key, SpanColumns* columns) {
  const std::vector<AttributeColumn*> of_spans = ColumnsOf(Owner::kSpan, key, columns);
  std::vector<std::uint32_t> value_counts(columns->span_count(), 0);
  for (const AttributeColumn* column : of_spans) {
    for (const std::uint32_t row : column->rows) ++value_counts[row];
  }
  std::vector<ValueView> said(columns->resources.count());
  std::vector<std::size_t> agreed_counts(columns->resources.count(), 0);
  for (const AttributeColumn* column : of_spans) {
    for (std::size_t i = 0; i < column->count(); ++i) {
      if (value_counts[column->rows[i]] != 1) continue;
      const std::uint32_t resource = columns->resource_indexes[column->rows[i]];
      const ValueView value{column, i};
      if (said[resource].column == nullptr) said[resource] = value;
      if (said[resource] == value) ++agreed_counts[resource];
    }
  }
  std::vector<std::size_t> span_counts(columns->resources.count(), 0);
  for (const std::uint32_t resource : columns->resource_indexes) ++span_counts[resource];
  const std::vector<ValueView> own = FirstOfResources(key, columns);
  std::array<std::vector<model::RowValue>, static_cast<std::size_t>(ValueType::kKvList) + 1> added;
  for (std::uint32_t row = 0; row < said.size(); ++row) {
    const bool is_agreed = said[row].column != nullptr && agreed_counts[row] == span_counts[row];
    if (!is_agreed || own[row].column != nullptr) continue;
    added[static_cast<std::size_t>(said[row].column->type)].push_back(said[row].At(row));
  }
  for (std::size_t type = 0; type < added.size(); ++type) {
    model::AddValues(Owner::kResource, key, static_cast<ValueType>(type), added[type], columns);
  }
}

/// Takes from spans what their resource says, and warns where that is something else.
void MoveTelemetry(std::string_view key, ShownTrace& trace) {
  SpanColumns& columns = trace.spans;
  if (ColumnsOf(Owner::kSpan, key, &columns).empty()) return;
  AddAgreed(key, &columns);
  const std::vector<ValueView> of_resources = FirstOfResources(key, &columns);
  for (AttributeColumn* column : ColumnsOf(Owner::kSpan, key, &columns)) {
    std::vector<bool> is_removed(column->count(), false);
    for (std::size_t i = 0; i < column->count(); ++i) {
      const ValueView& of_resource = of_resources[columns.resource_indexes[column->rows[i]]];
      if (of_resource.column == nullptr) continue;
      is_removed[i] = of_resource == ValueView{column, i};
      if (is_removed[i]) continue;
      trace.warnings.Add(
          column->rows[i],
          "conflicting values between Span and Resource for attribute " + std::string(key));
    }
    model::RemoveValues(is_removed, column);
  }
}

}  // namespace

void AdjustTrace(ShownTrace& trace, const AdjustOptions& options) {
  wire::otlp::SplitSharedSpanIds(&trace.spans);
  SortEvents(trace);
  const wire::otlp::KeptSpans kept = wire::otlp::DistinctSpans(trace.spans);
  if (kept.rows.size() < trace.spans.span_count()) {
    trace.spans = model::SelectSpans(trace.spans, kept.rows);
    trace.warnings.Select(kept.rows);
  }
  WarnOfSharedIds(trace);
  AdjustClockSkew(trace, options.clock_skew_max);
  WriteIpAttributesAsText(trace);
  MoveTelemetryAttributes(trace);
  RemoveEmptyLinks(trace);
}

void SortEvents(ShownTrace& trace) {
  const SpanColumns::Events& events = trace.spans.events;
  std::vector<std::uint32_t> order(events.count());
  std::iota(order.begin(), order.end(), 0u);
  const auto rank = [&](std::uint32_t row) {
    return std::pair(events.span_rows[row], events.names[row]);
  };
  if (std::ranges::is_sorted(order, {}, rank)) return;
  std::ranges::stable_sort(order, {}, rank);
  trace.spans = model::SelectEvents(trace.spans, order);
}

void WarnOfSharedIds(ShownTrace& trace) {
  const model::Column<SpanId>& ids = trace.spans.span_ids;
  std::unordered_map<SpanId, std::size_t> counts;
  counts.reserve(ids.size());
  for (const SpanId& id : ids) ++counts[id];
  if (counts.size() == ids.size()) return;
  for (std::uint32_t row = 0; row < ids.size(); ++row) {
    if (const std::size_t count = counts[ids[row]]; count > 1) {
      trace.warnings.Add(row,
                         fmt::format("{} different spans of this trace have this span id", count));
    }
  }
}

void WriteIpAttributesAsText(ShownTrace& trace) {
  SpanColumns& columns = trace.spans;
  // In the order in which a row has them.
  for (const ValueType type : {ValueType::kInt, ValueType::kDouble}) {
    const std::size_t count = columns.attributes.size();
    for (std::size_t i = 0; i < count; ++i) {
      const AttributeColumn& column = columns.attributes[i];
      const bool is_shown = column.owner == Owner::kSpan || column.owner == Owner::kResource;
      if (is_shown && column.type == type && model::IsAddressKey(column.key)) {
        WriteIpAsText(i, &columns);
      }
    }
  }
  RemoveEmptyColumns(&columns);
}

void MoveTelemetryAttributes(ShownTrace& trace) {
  for (const std::string_view key : model::kTelemetryKeys) MoveTelemetry(key, trace);
  RemoveEmptyColumns(&trace.spans);
}

void RemoveEmptyLinks(ShownTrace& trace) {
  const SpanColumns::Links& links = trace.spans.links;
  std::vector<std::uint32_t> kept;
  for (std::uint32_t row = 0; row < links.count(); ++row) {
    if (links.trace_ids[row].is_zero()) {
      trace.warnings.Add(links.span_rows[row], "Invalid span link removed");
    } else {
      kept.push_back(row);
    }
  }
  if (kept.size() < links.count()) trace.spans = model::SelectLinks(trace.spans, kept);
}

}  // namespace clew::analysis
