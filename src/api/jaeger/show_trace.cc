#include "api/jaeger/show_trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/adjust.h"
#include "model/edit_attributes.h"
#include "model/select_rows.h"
#include "model/service_name.h"
#include "wire/otlp/materialize.h"

namespace clew::api::jaeger {
namespace {

using analysis::ShownTrace;
using model::AttributeColumn;
using model::Owner;
using model::SpanColumns;
using model::Value;
using model::ValueType;

Value ValueAt(const AttributeColumn& column, std::size_t place) {
  return wire::otlp::ValueOf(column.type, column.strings.empty() ? "" : column.strings[place],
                             column.numbers.empty() ? 0 : column.numbers[place]);
}

bool IsWarnings(const AttributeColumn& column) {
  return column.owner == Owner::kSpan && column.key == kWarningsKey;
}

/// The first value of a name, in the order in which a resource has its values.
struct FirstName {
  AttributeColumn* column = nullptr;  // null: there is none
  std::size_t place = 0;
};

std::vector<FirstName> FirstNames(SpanColumns* spans) {
  std::vector<AttributeColumn*> columns;
  for (AttributeColumn& column : spans->attributes) {
    if (column.owner == Owner::kResource && column.key == model::kServiceNameKey) {
      columns.push_back(&column);
    }
  }
  std::ranges::sort(columns, {}, &AttributeColumn::type);
  std::vector<FirstName> first(spans->resources.count());
  for (AttributeColumn* column : columns) {
    for (std::size_t i = 0; i < column->count(); ++i) {
      FirstName& name = first[column->rows[i]];
      if (name.column == nullptr) name = {column, i};
    }
  }
  return first;
}

bool IsText(const FirstName& first, std::string_view text) {
  return first.column != nullptr && first.column->type == ValueType::kString &&
         first.column->strings[first.place] == text;
}

/// Names of these resources, in memory of the trace: one copy for all rows that share one.
std::vector<model::RowValue> CopyNames(const model::ServiceNameViews& names,
                                       const std::vector<std::uint32_t>& rows, SpanColumns* spans) {
  if (rows.empty()) return {};
  std::map<std::pair<const char*, std::size_t>, std::size_t> places;
  std::string all;
  for (const std::uint32_t row : rows) {
    const std::string_view name = names[row];
    if (places.try_emplace(std::pair(name.data(), name.size()), all.size()).second) all += name;
  }
  spans->memory.emplace_back(std::move(all));
  const std::string_view text = spans->memory.back().view();
  std::vector<model::RowValue> copies;
  copies.reserve(rows.size());
  for (const std::uint32_t row : rows) {
    const std::string_view name = names[row];
    const std::size_t place = places.at(std::pair(name.data(), name.size()));
    copies.push_back({.row = row, .text = text.substr(place, name.size())});
  }
  return copies;
}

}  // namespace

void TakeStoredWarnings(ShownTrace* piece) {
  std::vector<const AttributeColumn*> stored;
  for (const AttributeColumn& column : piece->spans.attributes) {
    if (IsWarnings(column)) stored.push_back(&column);
  }
  if (stored.empty()) return;
  // In the order in which a span has its values.
  std::ranges::sort(stored, {}, &AttributeColumn::type);
  analysis::SpanWarnings warnings;
  for (const AttributeColumn* column : stored) {
    for (std::size_t i = 0; i < column->count(); ++i) {
      const Value value = ValueAt(*column, i);
      if (const auto* texts = std::get_if<Value::Array>(&value.data)) {
        for (const Value& text : *texts) warnings.Add(column->rows[i], model::ValueToText(text));
      } else {
        warnings.Add(column->rows[i], model::ValueToText(value));
      }
    }
  }
  for (std::uint32_t row = 0; row < piece->warnings.row_end(); ++row) {
    for (const std::string& warning : piece->warnings.Of(row)) warnings.Add(row, warning);
  }
  piece->warnings = std::move(warnings);
  std::erase_if(piece->spans.attributes, IsWarnings);
}

void MoveWarningsToAttributes(ShownTrace* piece) {
  model::MadeTexts lists;
  for (std::uint32_t row = 0; row < piece->warnings.row_end(); ++row) {
    Value::Array texts;
    for (const std::string& warning : piece->warnings.Of(row)) texts.push_back({warning});
    if (texts.empty()) continue;
    lists.Add(row, wire::otlp::EncodeNestedValue({std::move(texts)}));
  }
  model::AddValues(Owner::kSpan, kWarningsKey, ValueType::kArray,
                   std::move(lists).Give(&piece->spans), &piece->spans);
  piece->warnings = {};
}

void PrepareTrace(const JaegerOptions& options, bool is_raw, ShownTrace* trace) {
  const std::uint64_t count_max = options.trace_span_count_max;
  if (count_max > 0 && trace->spans.span_count() > count_max) {
    std::vector<std::uint32_t> first(count_max);
    std::iota(first.begin(), first.end(), 0u);
    trace->spans = model::SelectSpans(trace->spans, first);
    trace->warnings.Select(first);
    trace->warnings.Add(
        0, fmt::format("trace has more than {0} spans, showing first {0} spans only", count_max));
  }
  if (!is_raw) {
    analysis::AdjustTrace(*trace, {.clock_skew_max = options.clock_skew_adjust_max});
  }
}

void WriteNames(ShownTrace* trace) {
  SpanColumns& spans = trace->spans;
  std::vector<model::RowValue> added;
  {
    const model::ServiceNameViews names(spans);
    const std::vector<FirstName> first = FirstNames(&spans);
    std::vector<std::uint32_t> renamed;
    for (std::uint32_t row = 0; row < names.size(); ++row) {
      if (!IsText(first[row], names[row])) renamed.push_back(row);
    }
    std::map<AttributeColumn*, std::vector<bool>> removed;
    for (const model::RowValue& name : CopyNames(names, renamed, &spans)) {
      const auto [column, place] = first[name.row];
      if (column != nullptr && column->type == ValueType::kString) {
        column->strings.Set(place, name.text);
        continue;
      }
      added.push_back(name);
      if (column == nullptr) continue;
      std::vector<bool>& is_removed = removed[column];
      is_removed.resize(column->count());
      is_removed[place] = true;
    }
    for (const auto& [column, is_removed] : removed) model::RemoveValues(is_removed, column);
  }
  std::erase_if(spans.attributes,
                [](const AttributeColumn& column) { return column.rows.empty(); });
  model::AddValues(Owner::kResource, model::kServiceNameKey, ValueType::kString, added, &spans);
  for (std::size_t row = 0; row < spans.span_count(); ++row) {
    if (spans.names[row].empty()) spans.names.Set(row, model::OperationName(""));
  }
}

}  // namespace clew::api::jaeger
