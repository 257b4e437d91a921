#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/vocabulary.h"
#include "model/attribute_index.h"
#include "model/span_columns.h"
#include "traceql/evaluate/evaluation.h"
#include "traceql/evaluate/field_program.h"
#include "traceql/metrics/attribute_counts.h"

namespace clew::traceql::metrics {

/// What TraceQL itself knows of spans that compare() counts: neither durations nor ids nor numbers
/// of the structure, which are other ones for each span.
struct ComparedField {
  bool is_of_root() const {
    return intrinsic == Intrinsic::kRootName || intrinsic == Intrinsic::kRootService;
  }

  Intrinsic intrinsic = Intrinsic::kNone;
  std::string name;
  evaluate::Slot slot = 0;
};
std::vector<ComparedField> ComparedFields(evaluate::FieldProgram* fields);

/// Counts everything that spans of one trace say: fields, and the attributes of span, resource,
/// instrumentation, events and links. One thread.
class AttributeWalk {
 public:
  /// All outlive it.
  AttributeWalk(const std::vector<ComparedField>& fields, evaluate::Evaluation* evaluation,
                AttributeCounts* counts);

  Status CountSpan(std::uint32_t row, const AttributeCounts::Subject& subject);

 private:
  Status CountFields(std::uint32_t row);
  Status CountEventName(std::uint32_t event);
  Status CountAttributes(model::Owner owner, std::uint32_t row);
  Status CountAttributes(model::Owner owner, evaluate::RowRange rows);
  Result<std::uint32_t> NumberOf(const model::AttributeColumn& column);

  const std::vector<ComparedField>& fields_;
  evaluate::Evaluation& evaluation_;
  const model::SpanColumns& spans_;
  AttributeCounts& counts_;
  /// By owner; nothing of one without attributes.
  std::array<std::optional<model::AttributeIndex>, model::kOwnerCount> indexes_;
  /// By column, the number in the counts once it is known.
  std::vector<std::optional<std::uint32_t>> numbers_;
};

}  // namespace clew::traceql::metrics
