#include "traceql/metrics/labels.h"

#include <algorithm>
#include <compare>
#include <cstddef>
#include <variant>

#include "traceql/static.h"

namespace clew::traceql::metrics {
namespace {

using Kind = evaluate::Value::Kind;

int Sign(std::weak_ordering order) { return order < 0 ? -1 : order > 0 ? 1 : 0; }

int CompareValues(const model::Value& left, const model::Value& right) {
  if (left.type() != right.type()) return left.type() < right.type() ? -1 : 1;
  if (const auto* const text = std::get_if<std::string>(&left.data)) {
    return Sign(*text <=> std::get<std::string>(right.data));
  }
  if (const auto* const truth = std::get_if<bool>(&left.data)) {
    return Sign(*truth <=> std::get<bool>(right.data));
  }
  if (const auto* const number = std::get_if<std::int64_t>(&left.data)) {
    return Sign(*number <=> std::get<std::int64_t>(right.data));
  }
  if (const auto* const real = std::get_if<double>(&left.data)) {
    return Sign(std::weak_order(*real, std::get<double>(right.data)));
  }
  return 0;
}

std::string ValueText(const model::Value& value) {
  if (const auto* const text = std::get_if<std::string>(&value.data)) return Quote(*text);
  if (const auto* const real = std::get_if<double>(&value.data)) return Print(Static::Float(*real));
  return model::ValueToText(value);
}

}  // namespace

model::Value LabelValueOf(const evaluate::Value& value) {
  switch (value.kind) {
    case Kind::kInt:
      return {value.number};
    case Kind::kFloat:
      return {value.real};
    case Kind::kBool:
      return {value.number != 0};
    default:
      return {evaluate::ToText(value)};
  }
}

int CompareLabels(const Labels& left, const Labels& right) {
  for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
    if (const int order = Sign(left[i].key <=> right[i].key)) return order;
    if (const int order = CompareValues(left[i].value, right[i].value)) return order;
  }
  return Sign(left.size() <=> right.size());
}

std::string LabelText(const Labels& labels) {
  std::string text = "{";
  for (const model::KeyValue& label : labels) {
    if (text.size() > 1) text += ", ";
    text += label.key + '=' + ValueText(label.value);
  }
  return text + '}';
}

}  // namespace clew::traceql::metrics
