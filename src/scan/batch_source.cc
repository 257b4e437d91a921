#include "scan/batch_source.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <tuple>
#include <utility>

#include "model/select_rows.h"
#include "model/service_name.h"
#include "wire/otlp/json_text.h"

namespace clew::scan {
namespace {

using model::SpanColumns;

std::vector<std::int64_t> Durations(const SpanColumns& columns) {
  std::vector<std::int64_t> durations(columns.span_count());
  for (std::size_t row = 0; row < durations.size(); ++row) {
    durations[row] = model::SpanDuration(columns.starts[row], columns.ends[row]).count();
  }
  return durations;
}

std::vector<std::int64_t> TimesSinceStart(const SpanColumns& columns) {
  std::vector<std::int64_t> offsets(columns.events.count());
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    // Differences wrap around, as they are stored.
    offsets[i] = static_cast<std::int64_t>(
        static_cast<std::uint64_t>(columns.events.times[i]) -
        static_cast<std::uint64_t>(columns.starts[columns.events.span_rows[i]]));
  }
  return offsets;
}

Column Computed(std::vector<std::int64_t> numbers) {
  return OwningColumn(model::ValueType::kInt, std::move(numbers),
                      [](const auto& all) { return Values(std::span(all)); });
}

// The values of a field of a batch as they are there.
Values ViewOf(const SpanColumns& spans, expr::Field field) {
  using enum expr::Field;
  switch (field) {
    case kTraceId:
      return std::span(spans.trace_ids);
    case kSpanId:
      return std::span(spans.span_ids);
    case kParentSpanId:
      return std::span(spans.parent_span_ids);
    case kTraceState:
      return std::span(spans.trace_states);
    case kName:
      return std::span(spans.names);
    case kKind:
      return std::span(spans.kinds);
    case kStatus:
      return std::span(spans.status_codes);
    case kStatusMessage:
      return std::span(spans.status_messages);
    case kStart:
      return std::span(spans.starts);
    case kEnd:
      return std::span(spans.ends);
    case kResourceSchemaUrl:
      return std::span(spans.resources.schema_urls);
    case kScopeName:
      return std::span(spans.scopes.names);
    case kScopeVersion:
      return std::span(spans.scopes.versions);
    case kScopeSchemaUrl:
      return std::span(spans.scopes.schema_urls);
    case kEventName:
      return std::span(spans.events.names);
    case kEventTime:
      return std::span(spans.events.times);
    case kLinkTraceId:
      return std::span(spans.links.trace_ids);
    case kLinkSpanId:
      return std::span(spans.links.span_ids);
    case kLinkTraceState:
      return std::span(spans.links.trace_states);
    case kDuration:
    case kEventTimeSinceStart:
    case kService:
      break;
  }
  return Presence{};
}

Column FieldOf(const model::SpanColumnsPtr& spans, expr::Field field) {
  if (field == expr::Field::kDuration) return Computed(Durations(*spans));
  if (field == expr::Field::kEventTimeSinceStart) return Computed(TimesSinceStart(*spans));
  return {.values = ViewOf(*spans, field), .kept = spans};
}

// Calls `visit(row, index of its trace in ids)`; `ids` ascend.
template <typename Visit>
void ForEachSpanOf(const SpanColumns& columns, std::span<const TraceId> ids, Visit visit) {
  for (std::uint32_t row = 0; row < columns.span_count(); ++row) {
    const TraceId& id = columns.trace_ids[row];
    // One trace is what is mostly asked for.
    const auto place = ids.size() == 1 ? ids.begin() : std::ranges::lower_bound(ids, id);
    if (place != ids.end() && *place == id) {
      visit(row, static_cast<std::size_t>(place - ids.begin()));
    }
  }
}

}  // namespace

BatchSource::BatchSource(model::SpanColumnsPtr columns) : batch_(std::make_shared<Batch>()) {
  batch_->columns = std::move(columns);
  const SpanColumns& spans = *batch_->columns;
  SourceStats& stats = batch_->stats;
  stats.span_count = static_cast<std::uint32_t>(spans.span_count());
  stats.resource_count = static_cast<std::uint32_t>(spans.resources.count());
  stats.scope_count = static_cast<std::uint32_t>(spans.scopes.count());
  stats.event_count = static_cast<std::uint32_t>(spans.events.count());
  stats.link_count = static_cast<std::uint32_t>(spans.links.count());
  const auto [min, max] = std::ranges::minmax(spans.starts);
  stats.start_min = min;
  stats.start_max = max;
  stats.duration_max = std::ranges::max(Durations(spans));
}

Result<ColumnPtr> BatchSource::Field(expr::Field field) const {
  return std::make_shared<const Column>(FieldOf(columns(), field));
}

Result<ColumnPtr> BatchSource::Ties(model::Owner owner) const {
  const SpanColumns& spans = *columns();
  Column ties{.kept = columns()};
  switch (owner) {
    case model::Owner::kResource:
      ties.values = std::span(spans.resource_indexes);
      break;
    case model::Owner::kScope:
      ties.values = std::span(spans.scope_indexes);
      break;
    case model::Owner::kEvent:
      ties.values = std::span(spans.events.span_rows);
      break;
    case model::Owner::kLink:
      ties.values = std::span(spans.links.span_rows);
      break;
    case model::Owner::kSpan:
      return Internal("spans are not tied to spans");
  }
  return std::make_shared<const Column>(std::move(ties));
}

Result<std::vector<ColumnPtr>> BatchSource::Attribute(model::Owner owner,
                                                      std::string_view key) const {
  std::vector<ColumnPtr> found;
  for (const model::AttributeColumn& attribute : columns()->attributes) {
    if (attribute.owner != owner || !wire::otlp::IsShownAs(attribute.key, key)) continue;
    Column column{.type = attribute.type,
                  .rows = attribute.rows,
                  .values = Presence{attribute.count()},
                  .kept = columns()};
    if (!attribute.strings.empty()) column.values = std::span(attribute.strings);
    if (!attribute.numbers.empty()) column.values = std::span(attribute.numbers);
    found.push_back(std::make_shared<const Column>(std::move(column)));
  }
  return found;
}

Result<StartIntervalsPtr> BatchSource::Starts() const {
  std::call_once(batch_->starts_once, [this] {
    const auto& starts = columns()->starts;
    batch_->starts = std::make_shared<const StartIntervals>(
        std::vector<UnixNanos>(starts.begin(), starts.end()));
  });
  return batch_->starts;
}

Result<std::vector<AttributeCount>> BatchSource::Attributes() const {
  std::vector<AttributeCount> attributes;
  attributes.reserve(columns()->attributes.size());
  for (const model::AttributeColumn& column : columns()->attributes) {
    attributes.push_back({column.owner, column.type, std::string(column.key), column.count()});
  }
  return attributes;
}

Result<std::vector<TraceId>> BatchSource::TraceIds(
    const std::vector<std::uint32_t>& span_rows) const {
  std::vector<TraceId> ids;
  ids.reserve(span_rows.size());
  for (const std::uint32_t row : span_rows) ids.push_back(columns()->trace_ids[row]);
  return ids;
}

Result<model::SpanColumnsPtr> BatchSource::ReadTraces(std::span<const TraceId> ids,
                                                      ReadExtent) const {
  std::vector<std::uint32_t> rows;
  ForEachSpanOf(*columns(), ids, [&](std::uint32_t row, std::size_t) { rows.push_back(row); });
  if (rows.empty()) return model::SpanColumnsPtr();
  return std::make_shared<const SpanColumns>(model::SelectSpans(*columns(), rows));
}

Result<std::vector<std::optional<UnixNanos>>> BatchSource::TraceStarts(
    std::span<const TraceId> ids) const {
  std::vector<std::optional<UnixNanos>> starts(ids.size());
  ForEachSpanOf(*columns(), ids, [&](std::uint32_t row, std::size_t trace) {
    const UnixNanos start = columns()->starts[row];
    starts[trace] = std::min(starts[trace].value_or(start), start);
  });
  return starts;
}

Result<std::vector<TraceSize>> BatchSource::Traces() const {
  std::vector<TraceId> ids(columns()->trace_ids.begin(), columns()->trace_ids.end());
  std::ranges::sort(ids);
  std::vector<TraceSize> traces;
  for (const TraceId& id : ids) {
    if (traces.empty() || traces.back().id != id) traces.push_back({id});
    ++traces.back().span_count;
  }
  return traces;
}

// Rows of trees are those of the batch in the order of their traces.
Result<TraceTreesPtr> BatchSource::Trees(TreeParts parts) const {
  const SpanColumns& spans = *columns();
  const auto row_count = static_cast<std::uint32_t>(spans.span_count());
  std::vector<std::uint32_t> order(row_count);
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::stable_sort(order, {}, [&](std::uint32_t row) { return spans.trace_ids[row]; });
  TraceTrees trees;
  for (std::uint32_t row = 0; row < row_count; ++row) {
    const TraceId& trace = spans.trace_ids[order[row]];
    if (trees.ids.empty() || trees.ids.back() != trace) {
      trees.ids.push_back(trace);
      trees.first_rows.push_back(row);
    }
    trees.span_ids.push_back(spans.span_ids[order[row]]);
    if (parts.calls) trees.resources.push_back(spans.resource_indexes[order[row]]);
    if (parts.starts) trees.starts.push_back(spans.starts[order[row]]);
  }
  trees.first_rows.push_back(row_count);
  trees.parents.assign(row_count, TraceTrees::kNoParent);
  std::vector<std::pair<SpanId, std::uint32_t>> by_id;
  for (std::size_t trace = 0; trace < trees.ids.size(); ++trace) {
    by_id.clear();
    for (std::uint32_t row = trees.first_rows[trace]; row < trees.first_rows[trace + 1]; ++row) {
      by_id.emplace_back(trees.span_ids[row], row);
    }
    std::ranges::sort(by_id);
    for (std::uint32_t row = trees.first_rows[trace]; row < trees.first_rows[trace + 1]; ++row) {
      const SpanId& parent = spans.parent_span_ids[order[row]];
      if (parent.is_zero()) continue;
      const auto found = std::ranges::lower_bound(by_id, std::pair(parent, std::uint32_t{0}));
      if (found != by_id.end() && found->first == parent) {
        trees.parents[row] = found->second;
      } else {
        trees.parents[row] = TraceTrees::kParentAway;
        trees.away_rows.push_back(row);
        trees.away_parents.push_back(parent);
      }
    }
  }
  if (!parts.span_ids) trees.span_ids.clear();
  return std::make_shared<const TraceTrees>(std::move(trees));
}

Result<std::vector<OperationCount>> BatchSource::Operations() const {
  const model::ServiceNameViews services(*columns());
  std::map<std::tuple<std::string_view, std::string_view, std::int32_t>, std::uint64_t> counts;
  for (std::size_t row = 0; row < columns()->span_count(); ++row) {
    ++counts[{services[columns()->resource_indexes[row]], columns()->names[row],
              columns()->kinds[row]}];
  }
  std::vector<OperationCount> operations;
  for (const auto& [operation, count] : counts) {
    const auto& [service, name, kind] = operation;
    operations.push_back({std::string(service), std::string(name), kind, count});
  }
  return operations;
}

}  // namespace clew::scan
