#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/vocabulary.h"
#include "expr/expression.h"
#include "traceql/evaluate/program.h"
#include "traceql/metrics/attribute_walk.h"
#include "traceql/metrics/function.h"
#include "traceql/naming.h"
#include "traceql/query.h"

namespace clew::traceql::metrics {

/// What compare() asks of spans.
struct Comparison {
  /// Whether the span starts in [start, end), or wherever when neither was given.
  bool IsInWindow(UnixNanos span_start) const {
    const auto at = static_cast<std::uint64_t>(span_start);
    return end == 0 || (at >= start && at < end);
  }

  evaluate::Term selection{};
  std::size_t value_count = 10;
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::vector<ComparedField> fields{};
};

/// Whether it is an attribute of the span, its resource or instrumentation, or an intrinsic that
/// is known of a span by itself.
bool IsOfSpanAlone(const Attribute& attribute);

/// How the spans of an operand are found without looking at whole traces: whoever scans columns
/// adds them to the Accumulator of the operand itself.
struct ScanPlan {
  /// Holds for these spans, and for no others.
  expr::Expression condition = expr::True();
  /// Attributes of the span, its resource or instrumentation, which may be there under other names
  /// of theirs (Naming), and intrinsics of the span alone.
  std::vector<Attribute> by{};
  std::optional<Attribute> value{};
  /// Of compare(): holds for the spans that it selects, and for no others.
  expr::Expression selection = expr::True();
};

/// A pipeline and what is made of the spans that come out of it: a metrics query without
/// arithmetic, or a part of one with it. Immutable; any thread.
class Operand {
 public:
  /// Of a part that has passed Check; `expression.op` is kMetrics. With `extrapolates` the fields
  /// have what weights of spans are read from. INVALID_ARGUMENT for a regular expression that does
  /// not compile.
  static Result<Operand> Prepare(const MetricsExpression& expression, Naming naming,
                                 bool extrapolates);

  /// For what finds the traces to run it over (evaluate::Necessary), with the naming of
  /// program().fields().
  const Pipeline& pipeline() const { return pipeline_; }
  const evaluate::Program& program() const { return program_; }
  const Function& function() const { return function_; }
  /// By label.
  const std::vector<evaluate::Slot>& by() const { return by_; }
  /// What the function takes; nothing when it counts spans.
  std::optional<evaluate::Slot> value() const { return value_; }
  /// The attribute kSampleRateKey, when spans stand for others.
  std::optional<evaluate::Slot> sample_rate() const { return sample_rate_; }
  /// Of compare().
  const std::optional<Comparison>& comparison() const { return comparison_; }
  /// Nothing when it takes whole traces to know the spans or what is made of them.
  const std::optional<ScanPlan>& scan() const { return scan_; }

 private:
  Operand(Pipeline pipeline, evaluate::Program program)
      : pipeline_(std::move(pipeline)), program_(std::move(program)) {}

  Pipeline pipeline_;
  evaluate::Program program_;
  Function function_;
  std::vector<evaluate::Slot> by_;
  std::optional<evaluate::Slot> value_;
  std::optional<evaluate::Slot> sample_rate_;
  std::optional<Comparison> comparison_;
  std::optional<ScanPlan> scan_;
};

}  // namespace clew::traceql::metrics
