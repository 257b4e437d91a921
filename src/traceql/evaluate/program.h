#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/vocabulary.h"
#include "traceql/evaluate/field_program.h"
#include "traceql/query.h"

namespace clew::traceql::evaluate {

struct StagePlan;

/// A SpansetExpression with its filters ready to be evaluated.
struct SpansetPlan {
  SpansetExpression::Kind kind = SpansetExpression::Kind::kFilter;
  Term filter{};
  SpansetOp op{};
  std::vector<SpansetPlan> operands{};
  std::vector<StagePlan> pipeline;
};

/// A ScalarExpression likewise.
struct ScalarPlan {
  Op op = Op::kStatic;
  std::vector<ScalarPlan> operands{};
  Static value{};
  Aggregate::Kind aggregate = Aggregate::Kind::kCount;
  std::optional<Term> argument{};
  /// Of an aggregate, as it is printed.
  std::string name{};
};

/// A Stage likewise. Of select nothing is left to do.
struct StagePlan {
  Stage::Kind kind = Stage::Kind::kSpansets;
  SpansetPlan spansets{};
  /// Of kScalarFilter: `left op right`.
  Op op = Op::kEqual;
  ScalarPlan left{};
  ScalarPlan right{};
  /// Of kBy: `by(name)` as it is printed.
  Term by{};
  std::string name{};
};

/// An attribute as it is given with the spans of an answer.
struct ShownAttribute {
  /// What it is called where it is there under `name` (FieldReader::Named): `http.status_code`,
  /// `kind`, `span:parentID`.
  std::string KeyOf(std::string_view name) const;

  /// As the query asks for it.
  Attribute attribute;
  Slot slot = 0;
};

/// A pipeline that is ready to be run over traces. Immutable; any thread.
class Program {
 public:
  /// Of a pipeline that has passed Check. What `fields` knows already keeps its numbers: attributes
  /// and expressions of whoever goes on with the spans; it says by which names attributes are
  /// found. INVALID_ARGUMENT for a regular expression that does not compile.
  static Result<Program> Prepare(const Pipeline& pipeline, FieldProgram fields);

  const FieldProgram& fields() const { return fields_; }
  std::span<const StagePlan> stages() const { return stages_; }
  /// What the query touches, in the order in which it names it, but for what an answer has fields
  /// of its own for: names, durations, roots and ids.
  std::span<const ShownAttribute> shown() const { return shown_; }
  /// The query touches the names of spans, which an answer has only then.
  bool shows_name() const { return shows_name_; }

 private:
  explicit Program(FieldProgram fields) : fields_(std::move(fields)) {}

  FieldProgram fields_;
  std::vector<StagePlan> stages_;
  std::vector<ShownAttribute> shown_;
  bool shows_name_ = false;
};

}  // namespace clew::traceql::evaluate
