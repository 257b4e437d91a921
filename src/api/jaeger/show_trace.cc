#include "api/jaeger/show_trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string>
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

/// Which resources have this name as a text already.
std::vector<bool> AreNamed(const SpanColumns& spans, const std::vector<std::string>& names) {
  std::vector<bool> has_name(names.size(), false);
  for (const AttributeColumn& column : spans.attributes) {
    if (column.owner != Owner::kResource || column.key != model::kServiceNameKey ||
        column.type != ValueType::kString) {
      continue;
    }
    for (std::size_t i = 0; i < column.count(); ++i) {
      const std::uint32_t row = column.rows[i];
      if (column.strings[i] == names[row]) has_name[row] = true;
    }
  }
  return has_name;
}

}  // namespace

void TakeStoredWarnings(ShownTrace* trace) {
  std::vector<const AttributeColumn*> stored;
  for (const AttributeColumn& column : trace->spans.attributes) {
    if (IsWarnings(column)) stored.push_back(&column);
  }
  if (stored.empty()) return;
  // In the order in which a span has its values.
  std::ranges::sort(stored, {}, &AttributeColumn::type);
  for (const AttributeColumn* column : stored) {
    for (std::size_t i = 0; i < column->count(); ++i) {
      const Value value = ValueAt(*column, i);
      if (const auto* texts = std::get_if<Value::Array>(&value.data)) {
        for (const Value& text : *texts) {
          trace->warnings.Add(column->rows[i], model::ValueToText(text));
        }
      } else {
        trace->warnings.Add(column->rows[i], model::ValueToText(value));
      }
    }
  }
  std::erase_if(trace->spans.attributes, IsWarnings);
}

void MoveWarningsToAttributes(ShownTrace* trace) {
  std::vector<model::RowValue> lists;
  for (std::uint32_t row = 0; row < trace->warnings.row_end(); ++row) {
    Value::Array texts;
    for (const std::string& warning : trace->warnings.Of(row)) texts.push_back({warning});
    if (texts.empty()) continue;
    lists.push_back({.row = row, .text = wire::otlp::EncodeNestedValue({std::move(texts)})});
  }
  model::AddValues(Owner::kSpan, kWarningsKey, ValueType::kArray, lists, &trace->spans);
  trace->warnings = {};
}

void PrepareTrace(const JaegerOptions& options, bool is_raw, ShownTrace* trace) {
  TakeStoredWarnings(trace);
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
  const std::vector<std::string> names = model::ServiceNamesOf(spans);
  const std::vector<bool> are_named = AreNamed(spans, names);
  std::vector<std::uint32_t> renamed;
  std::vector<model::RowValue> new_names;
  for (std::uint32_t row = 0; row < names.size(); ++row) {
    if (are_named[row]) continue;
    renamed.push_back(row);
    new_names.push_back({.row = row, .text = names[row]});
  }
  model::RemoveAttribute(Owner::kResource, model::kServiceNameKey, renamed, &spans);
  model::AddValues(Owner::kResource, model::kServiceNameKey, ValueType::kString, new_names, &spans);
  for (std::size_t row = 0; row < spans.span_count(); ++row) {
    if (spans.names[row].empty()) spans.names.Set(row, model::OperationName(""));
  }
}

}  // namespace clew::api::jaeger
