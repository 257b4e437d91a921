#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "traceql/field_expression.h"

/// The syntax tree of a query. Two are equal when they say the same, wherever it stands.
namespace clew::traceql {

struct Stage;
using Pipeline = std::vector<Stage>;

/// Which spans: those of a filter, of two sets of spans that are combined, or what comes out of a
/// pipeline of its own, in parentheses.
struct SpansetExpression {
  enum class Kind : std::uint8_t { kFilter, kOperator, kPipeline };

  bool operator==(const SpansetExpression& other) const;

  Kind kind = Kind::kFilter;
  /// Of kFilter; `{ }` is `{ true }`.
  FieldExpression filter{};
  /// Of kOperator: two operands, or more when `&&` or `||` follow each other.
  SpansetOp op{};
  std::vector<SpansetExpression> operands{};
  /// Of kPipeline: more than one stage, or one that is none of spansets.
  Pipeline pipeline;
  /// Of the tree, without what is in braces.
  int depth = 1;
  Place place{};
};

/// A number for each set of spans. Of `count` the argument may be left out; with one it is the
/// number of its distinct values.
struct Aggregate {
  enum class Kind : std::uint8_t { kCount, kMin, kMax, kAvg, kSum };

  bool operator==(const Aggregate&) const = default;

  Kind kind = Kind::kCount;
  std::optional<FieldExpression> argument{};
};

/// Numbers, aggregates and arithmetic over them.
struct ScalarExpression {
  bool operator==(const ScalarExpression&) const = default;

  Op op = Op::kStatic;
  std::vector<ScalarExpression> operands{};
  Static value{};
  Aggregate aggregate{};
  int depth = 1;
  Place place{};
};

/// Keeps the sets of spans for which `left op right` holds.
struct ScalarFilter {
  bool operator==(const ScalarFilter&) const = default;

  Op op = Op::kEqual;
  ScalarExpression left{};
  ScalarExpression right{};
};

struct Stage {
  enum class Kind : std::uint8_t { kSpansets, kScalarFilter, kBy, kCoalesce, kSelect };

  bool operator==(const Stage&) const = default;

  Kind kind = Kind::kSpansets;
  SpansetExpression spansets{};
  ScalarFilter filter{};
  FieldExpression by{};
  std::vector<Attribute> select{};
  Place place{};
};

/// What is made of the spans of a pipeline, a time step at a time.
struct MetricsFunction {
  enum class Kind : std::uint8_t {
    kRate,
    kCountOverTime,
    kMinOverTime,
    kMaxOverTime,
    kAvgOverTime,
    kSumOverTime,
    kQuantileOverTime,
    kHistogramOverTime,
    kCompare,
  };

  bool operator==(const MetricsFunction&) const = default;

  Kind kind = Kind::kRate;
  std::optional<Attribute> attribute{};
  /// Of kQuantileOverTime, as they were written: whole numbers or floats.
  std::vector<Static> quantiles{};
  std::vector<Attribute> by{};
  /// Of kCompare: which spans are the selection, then what was given of the number of values an
  /// attribute, and the start and end of the selection in nanoseconds since 1970.
  FieldExpression selection{};
  std::vector<Static> bounds{};
};

/// What is done with series once they are whole.
struct SecondStage {
  enum class Kind : std::uint8_t { kTopK, kBottomK, kFilter };

  bool operator==(const SecondStage&) const = default;

  Kind kind = Kind::kTopK;
  /// Of kTopK and kBottomK.
  std::int64_t limit = 0;
  /// Of kFilter: points that compare so with `value` stay.
  Op op = Op::kGreater;
  Static value{};
};

/// Series: of a pipeline and its function (kMetrics), a number (kStatic, only below others), or
/// arithmetic over two of them.
struct MetricsExpression {
  bool operator==(const MetricsExpression&) const = default;

  Op op = Op::kMetrics;
  std::vector<MetricsExpression> operands{};
  Static value{};
  Pipeline pipeline{};
  MetricsFunction function{};
  std::vector<SecondStage> seconds{};
  int depth = 1;
  Place place{};
};

/// `with(name=value)`. Names that nobody knows are no error.
struct Hint {
  bool operator==(const Hint&) const = default;

  std::string name{};
  Static value{};
};

struct Query {
  bool operator==(const Query&) const = default;
  bool is_metrics() const { return metrics.has_value(); }

  /// Of a search.
  Pipeline pipeline{};
  std::optional<MetricsExpression> metrics{};
  std::vector<Hint> hints{};
};

// Another definition than the default one, since a Stage is known only here.
inline bool SpansetExpression::operator==(const SpansetExpression& other) const {
  return kind == other.kind && filter == other.filter && op == other.op &&
         operands == other.operands && pipeline == other.pipeline;
}

}  // namespace clew::traceql
