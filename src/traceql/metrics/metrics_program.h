#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/vocabulary.h"
#include "traceql/metrics/hints.h"
#include "traceql/metrics/operand.h"
#include "traceql/naming.h"
#include "traceql/query.h"

namespace clew::traceql::metrics {

/// What becomes of the series of the operands: one of these (kMetrics), a number (kStatic, only
/// below others), or arithmetic over two.
struct SeriesPlan {
  Op op = Op::kMetrics;
  std::vector<SeriesPlan> operands{};
  double number = 0;
  /// Of kMetrics, the number of the operand.
  std::size_t operand = 0;
  std::vector<SecondStage> seconds{};
  /// `rate`, `(rate / 2)`: what a series without labels of its own is called.
  std::string name{};
};

/// A metrics query that is ready to be run. Immutable; any thread.
class MetricsProgram {
 public:
  /// Of a query that has passed Check. INVALID_ARGUMENT when it is no metrics query, and for a
  /// regular expression that does not compile.
  static Result<MetricsProgram> Prepare(const Query& query);

  /// Most queries have one. All look at the same traces.
  const std::vector<Operand>& operands() const { return operands_; }
  const SeriesPlan& plan() const { return plan_; }
  const Hints& hints() const { return hints_; }

 private:
  MetricsProgram() = default;

  Result<SeriesPlan> PreparePlan(const MetricsExpression& expression, Naming naming);

  std::vector<Operand> operands_;
  SeriesPlan plan_;
  Hints hints_;
};

}  // namespace clew::traceql::metrics
