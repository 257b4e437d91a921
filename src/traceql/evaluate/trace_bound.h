#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/vocabulary.h"
#include "expr/expression.h"
#include "traceql/naming.h"
#include "traceql/query.h"

namespace clew::traceql::evaluate {

struct BoundStage;

/// Which spans a SpansetExpression gives at most.
struct BoundSet {
  SpansetExpression::Kind kind = SpansetExpression::Kind::kFilter;
  /// Of kFilter: the number of its condition; nothing: it may give any span.
  std::optional<std::size_t> condition{};
  SpansetOp op{};
  std::vector<BoundSet> operands{};
  std::vector<BoundStage> pipeline;
};

/// Which spans a Stage leaves at most.
struct BoundStage {
  /// Nothing: all of them.
  std::optional<BoundSet> spansets{};
  /// None when they are fewer.
  std::uint64_t count_min = 0;
};

/// A pipeline as far as it is known from conditions on single spans, and from whose child each is,
/// that it cannot match a trace: for whoever has these as columns and would not read the trace for
/// it. What it says of a trace is never too little, whatever else the pipeline asks. Immutable.
class TraceBound {
 public:
  /// Of a pipeline that has passed Check. Attributes are found by the names that `naming` says.
  /// INVALID_ARGUMENT for a regular expression that does not compile.
  static Result<TraceBound> Of(const Pipeline& pipeline, Naming naming);

  /// Each holds for every span that some filter keeps, arrays included.
  std::span<const expr::Expression> conditions() const { return conditions_; }
  std::span<const BoundStage> stages() const { return stages_; }
  /// By condition: it holds for some span of every trace that matches.
  const std::vector<bool>& required() const { return required_; }
  /// It takes whose child each span is to say all that is known.
  bool has_relations() const { return has_relations_; }
  /// It says no more than that one condition holds for some span.
  bool is_plain() const { return is_plain_; }

 private:
  std::vector<expr::Expression> conditions_;
  std::vector<BoundStage> stages_;
  std::vector<bool> required_;
  bool has_relations_ = false;
  bool is_plain_ = false;
};

/// Of each span of a trace, by its place there, whether it is one of those in question.
using SpanMarks = std::vector<std::uint8_t>;

/// All spans of a trace, each at least once.
struct BoundTrace {
  static constexpr std::uint32_t kNoParent = 0xffffffff;

  std::size_t span_count = 0;
  /// By condition of the bound: for which it holds, or may.
  std::span<const SpanMarks> marks;
  /// By place that of the parent, or kNoParent; empty when it is not known, and any span may be any
  /// other's. Each id of a span is there once.
  std::span<const std::uint32_t> parents;
};

/// False when the trace does not match. In its time, but for the depth of the pipeline.
bool MayMatch(const TraceBound& bound, const BoundTrace& trace);

}  // namespace clew::traceql::evaluate
