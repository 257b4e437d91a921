#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "traceql/names.h"
#include "traceql/query.h"

namespace clew::traceql::metrics {

/// A MetricsFunction but for compare(), as far as it concerns whoever adds values.
struct Function {
  using Kind = MetricsFunction::Kind;

  std::string_view name() const { return NameOf(kind); }
  /// Spans are counted.
  bool is_count() const { return kind == Kind::kRate || kind == Kind::kCountOverTime; }

  Kind kind = Kind::kRate;
  /// What the labels of groups are called.
  std::vector<std::string> by{};
  /// Of kQuantileOverTime.
  std::vector<double> quantiles{};
  /// Values are added in nanoseconds; series have seconds.
  bool is_duration = false;
};

}  // namespace clew::traceql::metrics
