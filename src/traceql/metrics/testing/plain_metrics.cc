#include "traceql/metrics/testing/plain_metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <tuple>

#include "traceql/evaluate/testing/plain_evaluate.h"
#include "traceql/evaluate/testing/plain_fields.h"
#include "traceql/evaluate/testing/plain_shown.h"
#include "traceql/metrics/testing/plain_compare.h"
#include "traceql/metrics/testing/plain_spans.h"
#include "traceql/names.h"

namespace clew::traceql::metrics::testing {
namespace {

using evaluate::testing::PlainEvaluate;
using evaluate::testing::PlainValue;
using Kind = MetricsFunction::Kind;
using Labels = std::vector<std::pair<std::string, Static>>;
using AllSeries = std::vector<PlainSeries>;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// Spans of one group: how often each counts, and what is measured of it.
struct Group {
  Labels labels;
  std::vector<PlainSpan> spans;
  std::vector<double> values;
};

bool IsDuration(const MetricsFunction& function) {
  return function.attribute && function.attribute->intrinsic != Intrinsic::kNone &&
         InfoOf(function.attribute->intrinsic).type == Type::kDuration;
}

/// Nothing: the span is skipped.
std::optional<double> ValueOf(const PlainSpan& span, const MetricsFunction& function,
                              Naming naming) {
  if (!function.attribute) return kNone;
  const PlainValue value =
      PlainEvaluate(Leaf(*function.attribute), *span.trace, span.row, naming).value();
  if (value.is_array() || !value.value.is_number()) return std::nullopt;
  const double number = value.value.AsReal();
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

Labels LabelsOf(const PlainSpan& span, const MetricsFunction& function, Naming naming) {
  if (function.by.empty())
    return {{"__name__", Static::String(std::string(NameOf(function.kind)))}};
  Labels labels;
  for (const Attribute& attribute : function.by) {
    const PlainValue value = PlainEvaluate(Leaf(attribute), *span.trace, span.row, naming).value();
    if (!value.is_nil()) labels.emplace_back(Print(attribute), PlainLabel(value));
  }
  if (labels.empty()) labels.emplace_back(Print(function.by.front()), Static::String("nil"));
  return labels;
}

std::vector<Group> GroupsOf(const std::vector<PlainSpan>& spans, const MetricsFunction& function,
                            Naming naming) {
  std::vector<Group> groups;
  for (const PlainSpan& span : spans) {
    const std::optional<double> value = ValueOf(span, function, naming);
    if (!value) continue;
    const Labels labels = LabelsOf(span, function, naming);
    auto group = std::ranges::find(groups, labels, &Group::labels);
    if (group == groups.end()) group = groups.insert(group, {labels, {}, {}});
    group->spans.push_back(span);
    group->values.push_back(*value);
  }
  return groups;
}

double SumOf(const std::vector<double>& numbers) {
  double sum = 0;
  for (const double number : numbers) sum += number;
  return sum;
}

/// The least value that a share of `quantile` of all does not exceed.
double QuantileOf(const std::vector<double>& values, const std::vector<double>& weights,
                  double quantile) {
  std::vector<std::pair<double, double>> all;
  for (std::size_t i = 0; i < values.size(); ++i) all.emplace_back(values[i], weights[i]);
  std::ranges::sort(all);
  const double rank = quantile * SumOf(weights);
  double before = 0;
  for (const auto& [value, weight] : all) {
    before += weight;
    if (before >= rank - 1e-9) return value;
  }
  return all.back().first;
}

/// Of the values in one bucket, of which there is one at least.
double PointOf(const MetricsFunction& function, const std::vector<double>& values,
               const std::vector<double>& weights, double quantile, double step_seconds) {
  std::vector<double> weighted;
  for (std::size_t i = 0; i < values.size(); ++i) weighted.push_back(values[i] * weights[i]);
  const double unit = IsDuration(function) ? 1e9 : 1;
  switch (function.kind) {
    case Kind::kRate:
      return SumOf(weights) / step_seconds;
    case Kind::kMinOverTime:
      return std::ranges::min(values) / unit;
    case Kind::kMaxOverTime:
      return std::ranges::max(values) / unit;
    case Kind::kSumOverTime:
      return SumOf(weighted) / unit;
    case Kind::kAvgOverTime:
      return SumOf(weighted) / SumOf(weights) / unit;
    case Kind::kQuantileOverTime:
      return QuantileOf(values, weights, quantile) / unit;
    default:
      return SumOf(weights);
  }
}

/// The least power of two that is not below it; 0 for what is not above 0.
double BoundOf(double value) {
  if (value <= 0) return 0;
  double bound = 1;
  while (bound < value) bound *= 2;
  while (bound / 2 >= value) bound /= 2;
  return bound;
}

class PlainMeasuring {
 public:
  PlainMeasuring(const Query& query, const std::vector<model::TraceData>& traces,
                 const PlainRange& range)
      : query_(query), traces_(traces), range_(range), naming_(NamingOf(query)) {}

  Result<AllSeries> Measure(const MetricsExpression& expression) {
    AllSeries series;
    if (expression.op != Op::kMetrics) {
      ASSIGN_OR_RETURN(series, MeasureBoth(expression));
    } else {
      ASSIGN_OR_RETURN(const std::vector<PlainSpan> spans,
                       PlainSpans(query_, expression.pipeline, traces_, range_));
      if (expression.function.kind == Kind::kCompare) {
        ASSIGN_OR_RETURN(series, PlainCompared(expression.function, spans, range_, naming_));
      } else {
        series = SeriesOf(expression.function, spans);
      }
    }
    for (const SecondStage& stage : expression.seconds) series = Apply(stage, series);
    return series;
  }

 private:
  AllSeries SeriesOf(const MetricsFunction& function, const std::vector<PlainSpan>& spans) {
    AllSeries all;
    for (const Group& group : GroupsOf(spans, function, naming_)) {
      if (function.kind == Kind::kQuantileOverTime) {
        for (const Static& quantile : function.quantiles) {
          all.push_back(OneSeries(function, group, quantile.AsReal()));
          AddLabel("p", quantile.AsReal(), &all.back());
        }
      } else if (function.kind == Kind::kHistogramOverTime) {
        AddHistogram(function, group, &all);
      } else {
        all.push_back(OneSeries(function, group, 0));
      }
    }
    const bool is_count = function.kind == Kind::kRate || function.kind == Kind::kCountOverTime;
    if (all.empty() && is_count && function.by.empty()) {
      all.push_back({.labels = {{"__name__", Static::String(std::string(NameOf(function.kind)))}},
                     .values = std::vector<double>(PlainBucketCount(range_), 0)});
    }
    return all;
  }

  static void AddLabel(const char* name, double value, PlainSeries* series) {
    std::erase_if(series->labels, [](const auto& label) { return label.first == "__name__"; });
    series->labels.emplace_back(name, Static::Float(value));
  }

  PlainSeries OneSeries(const MetricsFunction& function, const Group& group, double quantile) {
    PlainSeries series{.labels = group.labels, .values = {}};
    const bool is_zero_otherwise =
        function.kind == Kind::kRate || function.kind == Kind::kCountOverTime ||
        function.kind == Kind::kQuantileOverTime || function.kind == Kind::kHistogramOverTime;
    for (std::size_t bucket = 0; bucket < PlainBucketCount(range_); ++bucket) {
      std::vector<double> values;
      std::vector<double> weights;
      for (std::size_t i = 0; i < group.spans.size(); ++i) {
        if (group.spans[i].bucket != bucket) continue;
        values.push_back(group.values[i]);
        weights.push_back(group.spans[i].weight);
      }
      const double seconds = static_cast<double>(range_.step) / 1e9;
      series.values.push_back(!values.empty()
                                  ? PointOf(function, values, weights, quantile, seconds)
                              : is_zero_otherwise ? 0
                                                  : kNone);
    }
    return series;
  }

  void AddHistogram(const MetricsFunction& function, const Group& group, AllSeries* all) {
    std::vector<std::pair<double, Group>> by_bound;
    for (std::size_t i = 0; i < group.spans.size(); ++i) {
      const double bound = BoundOf(group.values[i]);
      auto part = std::ranges::find(by_bound, bound, &std::pair<double, Group>::first);
      if (part == by_bound.end()) part = by_bound.insert(part, {bound, {group.labels, {}, {}}});
      part->second.spans.push_back(group.spans[i]);
      part->second.values.push_back(group.values[i]);
    }
    for (const auto& [bound, part] : by_bound) {
      all->push_back(OneSeries(function, part, 0));
      AddLabel("__bucket", bound / (IsDuration(function) ? 1e9 : 1), &all->back());
    }
  }

  Result<AllSeries> MeasureBoth(const MetricsExpression& expression) {
    const MetricsExpression& left = expression.operands[0];
    const MetricsExpression& right = expression.operands[1];
    AllSeries result;
    if (left.op == Op::kStatic || right.op == Op::kStatic) {
      ASSIGN_OR_RETURN(AllSeries series, Measure(left.op == Op::kStatic ? right : left));
      for (const PlainSeries& each : series) {
        const auto number = [&](double value) {
          return left.op == Op::kStatic ? Compute(expression.op, left.value.AsReal(), value)
                                        : Compute(expression.op, value, right.value.AsReal());
        };
        PlainSeries combined{.labels = NamedAs(expression, each.labels), .values = {}};
        for (const double value : each.values) combined.values.push_back(number(value));
        result.push_back(std::move(combined));
      }
      return WithPoints(result);
    }
    ASSIGN_OR_RETURN(const AllSeries lefts, Measure(left));
    ASSIGN_OR_RETURN(const AllSeries rights, Measure(right));
    for (const PlainSeries& a : lefts) {
      for (const PlainSeries& b : rights) {
        // One without labels of groups is for each of the other side.
        const Labels of_a = Matched(a.labels);
        const Labels of_b = Matched(b.labels);
        if (of_a != of_b && !of_a.empty() && !of_b.empty()) continue;
        PlainSeries combined{.labels = NamedAs(expression, of_a.empty() ? b.labels : a.labels),
                             .values = {}};
        for (std::size_t i = 0; i < a.values.size(); ++i) {
          combined.values.push_back(Compute(expression.op, a.values[i], b.values[i]));
        }
        result.push_back(std::move(combined));
      }
    }
    return WithPoints(result);
  }

  static double Compute(Op op, double a, double b) {
    if (op == Op::kAdd) return a + b;
    if (op == Op::kSubtract) return a - b;
    if (op == Op::kMultiply) return a * b;
    return b == 0 ? kNone : a / b;
  }

  static Labels WithoutName(Labels labels) {
    std::erase_if(labels, [](const auto& label) { return label.first == "__name__"; });
    return labels;
  }
  static Labels Matched(const Labels& labels) {
    Labels matched = WithoutName(labels);
    std::ranges::stable_sort(matched, {}, &std::pair<std::string, Static>::first);
    return matched;
  }

  static std::string NameFor(const MetricsExpression& expression) {
    if (expression.op == Op::kStatic) return Print(expression.value);
    if (expression.op == Op::kMetrics) return std::string(NameOf(expression.function.kind));
    return fmt::format("({} {} {})", NameFor(expression.operands[0]), SpellingOf(expression.op),
                       NameFor(expression.operands[1]));
  }
  static Labels NamedAs(const MetricsExpression& expression, const Labels& labels) {
    Labels named = WithoutName(labels);
    if (named.empty()) named.emplace_back("__name__", Static::String(NameFor(expression)));
    return named;
  }

  static AllSeries WithPoints(AllSeries all) {
    std::erase_if(all, [](const PlainSeries& series) {
      return std::ranges::all_of(series.values, [](double value) { return std::isnan(value); });
    });
    return all;
  }

  static bool Holds(Op op, double value, double bound) {
    if (op == Op::kEqual) return value == bound;
    if (op == Op::kNotEqual) return value != bound;
    if (op == Op::kGreater) return value > bound;
    if (op == Op::kGreaterOrEqual) return value >= bound;
    return op == Op::kLess ? value < bound : value <= bound;
  }

  static AllSeries Apply(const SecondStage& stage, AllSeries all) {
    if (stage.kind == SecondStage::Kind::kFilter) {
      const double unit = stage.value.type == Type::kDuration ? 1e9 : 1;
      for (PlainSeries& series : all) {
        for (double& value : series.values) {
          if (!Holds(stage.op, value, stage.value.AsReal() / unit)) value = kNone;
        }
      }
      return WithPoints(all);
    }
    for (std::size_t bucket = 0; !all.empty() && bucket < all[0].values.size(); ++bucket) {
      // Which come first: by value, then by text of their labels.
      std::vector<std::tuple<double, std::string, PlainSeries*>> points;
      for (PlainSeries& series : all) {
        const double value = series.values[bucket];
        if (std::isnan(value)) continue;
        const double sign = stage.kind == SecondStage::Kind::kTopK ? -1 : 1;
        points.emplace_back(sign * value, PlainText(series.labels), &series);
      }
      std::ranges::sort(points);
      for (std::size_t i = 0; i < points.size(); ++i) {
        if (i >= static_cast<std::size_t>(stage.limit)) {
          std::get<PlainSeries*>(points[i])->values[bucket] = kNone;
        }
      }
    }
    return WithPoints(all);
  }

  const Query& query_;
  const std::vector<model::TraceData>& traces_;
  const PlainRange range_;
  const Naming naming_;
};

/// What is known of a span by itself.
bool IsOfSpan(const Attribute& attribute) {
  if (attribute.whose != Whose::kOwn) return false;
  if (attribute.intrinsic == Intrinsic::kNone) {
    return attribute.scope != Scope::kEvent && attribute.scope != Scope::kLink;
  }
  constexpr Intrinsic kOfSpan[] = {Intrinsic::kDuration,
                                   Intrinsic::kName,
                                   Intrinsic::kStatus,
                                   Intrinsic::kStatusMessage,
                                   Intrinsic::kKind,
                                   Intrinsic::kSpanId,
                                   Intrinsic::kParentId,
                                   Intrinsic::kInstrumentationName,
                                   Intrinsic::kInstrumentationVersion};
  return std::ranges::find(kOfSpan, attribute.intrinsic) != std::end(kOfSpan);
}

}  // namespace

std::string PlainText(const Labels& labels) {
  std::string text = "{";
  for (const auto& [name, value] : labels) {
    text += (text.size() > 1 ? ", " : "") + name + '=' + Print(value);
  }
  return text + '}';
}

Result<AllSeries> PlainMeasure(const Query& query, const std::vector<model::TraceData>& traces,
                               const PlainRange& range) {
  ASSIGN_OR_RETURN(AllSeries series, PlainMeasuring(query, traces, range).Measure(*query.metrics));
  std::ranges::sort(series, PlainLabelsLess, &PlainSeries::labels);
  return series;
}

Result<std::vector<PlainExemplar>> PlainExemplars(const Query& query,
                                                  const std::vector<model::TraceData>& traces,
                                                  const PlainRange& range) {
  const MetricsExpression& expression = *query.metrics;
  const MetricsFunction& function = expression.function;
  const Naming naming = NamingOf(query);
  // Stages that name what the function does.
  Pipeline asking = expression.pipeline;
  asking.push_back({.kind = Stage::Kind::kSelect, .select = function.by});
  if (function.attribute) asking.back().select.push_back(*function.attribute);
  ASSIGN_OR_RETURN(const std::vector<PlainSpan> spans,
                   PlainSpans(query, expression.pipeline, traces, range));
  std::vector<PlainExemplar> exemplars;
  for (const PlainSpan& span : spans) {
    const std::optional<double> value = ValueOf(span, function, naming);
    if (!value) continue;
    const model::Span& row = span.trace->spans[span.row];
    PlainExemplar& exemplar = exemplars.emplace_back();
    exemplar.trace_id = row.trace_id.ToHex();
    exemplar.start = row.start;
    exemplar.value = *value / (IsDuration(function) ? 1e9 : 1);
    for (Attribute attribute : evaluate::testing::PlainAsked(asking)) {
      const PlainValue shown =
          PlainEvaluate(Leaf(attribute), *span.trace, span.row, naming).value();
      const std::string sent_name =
          evaluate::testing::PlainNameOf(attribute, *span.trace, span.row, naming);
      if (!sent_name.empty()) attribute.name = sent_name;
      if (shown.is_nil() || attribute == Attribute{.intrinsic = Intrinsic::kTraceId}) continue;
      (IsOfSpan(attribute) ? exemplar.labels : exemplar.more_labels)
          .emplace_back(Print(attribute), PlainLabel(shown));
    }
    exemplar.labels.emplace_back("trace:id", Static::String(exemplar.trace_id));
  }
  return exemplars;
}

}  // namespace clew::traceql::metrics::testing
