#include "scan/batch_source.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "model/select_rows.h"
#include "model/service_name.h"
#include "wire/otlp/json_text.h"

namespace clew::scan {
namespace {

using model::SpanColumns;

template <typename Number>
std::vector<std::int64_t> Widen(const std::vector<Number>& numbers) {
  return {numbers.begin(), numbers.end()};
}

std::vector<std::int64_t> Durations(const SpanColumns& columns) {
  std::vector<std::int64_t> durations(columns.span_count());
  for (std::size_t row = 0; row < durations.size(); ++row) {
    durations[row] = model::SpanDuration(columns.starts[row], columns.ends[row]).count();
  }
  return durations;
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

Result<ColumnPtr> BatchSource::Field(SpanField field) const {
  auto column = std::make_shared<Column>();
  const SpanColumns& columns = *batch_->columns;
  switch (field) {
    case SpanField::kName:
      column->texts = columns.names;
      break;
    case SpanField::kStatusMessage:
      column->texts = columns.status_messages;
      break;
    case SpanField::kTraceState:
      column->texts = columns.trace_states;
      break;
    case SpanField::kKind:
      column->numbers = Widen(columns.kinds);
      break;
    case SpanField::kStatusCode:
      column->numbers = Widen(columns.status_codes);
      break;
    case SpanField::kStart:
      column->numbers = columns.starts;
      break;
    case SpanField::kEnd:
      column->numbers = columns.ends;
      break;
    case SpanField::kDuration:
      column->numbers = Durations(columns);
      break;
    case SpanField::kResource:
      column->numbers = Widen(columns.resource_indexes);
      break;
    case SpanField::kScope:
      column->numbers = Widen(columns.scope_indexes);
      break;
    case SpanField::kScopeName:
      column->texts = columns.scopes.names;
      break;
    case SpanField::kScopeVersion:
      column->texts = columns.scopes.versions;
      break;
    case SpanField::kEventSpan:
      column->numbers = Widen(columns.events.span_rows);
      break;
    case SpanField::kEventName:
      column->texts = columns.events.names;
      break;
    case SpanField::kLinkSpan:
      column->numbers = Widen(columns.links.span_rows);
      break;
  }
  return column;
}

Result<std::vector<ColumnPtr>> BatchSource::Attribute(model::Owner owner,
                                                      std::string_view key) const {
  std::vector<ColumnPtr> found;
  for (const model::AttributeColumn& attribute : columns()->attributes) {
    if (attribute.owner != owner || !wire::otlp::IsShownAs(attribute.key, key)) continue;
    auto column = std::make_shared<Column>();
    column->type = attribute.type;
    column->rows = attribute.rows;
    column->texts = attribute.strings;
    column->numbers = attribute.numbers;
    found.push_back(std::move(column));
  }
  return found;
}

Result<StartIntervalsPtr> BatchSource::Starts() const {
  std::call_once(batch_->starts_once, [this] {
    batch_->starts = std::make_shared<const StartIntervals>(columns()->starts);
  });
  return batch_->starts;
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

Result<std::vector<OperationCount>> BatchSource::Operations() const {
  const std::vector<std::string> services = model::ServiceNamesOf(*columns());
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
