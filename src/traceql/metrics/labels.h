#pragma once

#include <string>
#include <string_view>

#include "model/value.h"
#include "traceql/evaluate/value.h"

namespace clew::traceql::metrics {

/// What a series is called by, in the order in which it is shown.
using Labels = model::Attributes;

/// Of series without groups: what they are the result of.
inline constexpr std::string_view kNameLabel = "__name__";

/// A value as a label has it: numbers, bools and strings keep their type, everything else is a
/// string as answers show it: `error`, `1m0s`, `nil`.
model::Value LabelValueOf(const evaluate::Value& value);

/// Less than 0, 0, or more: by names, then types, then values, one label after the other.
int CompareLabels(const Labels& left, const Labels& right);

struct LabelsLess {
  bool operator()(const Labels& left, const Labels& right) const {
    return CompareLabels(left, right) < 0;
  }
};

/// `{name="GET /", p=0.9}`.
std::string LabelText(const Labels& labels);

}  // namespace clew::traceql::metrics
