#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "traceql/evaluate/trace_bound.h"

namespace clew::traceql::evaluate {
namespace {

constexpr std::uint32_t kNone = BoundTrace::kNoParent;
using Parents = std::span<const std::uint32_t>;

bool HasAny(const SpanMarks& marks) {
  return std::ranges::any_of(marks, [](std::uint8_t mark) { return mark != 0; });
}

void Intersect(const SpanMarks& other, SpanMarks* marks) {
  for (std::size_t i = 0; i < marks->size(); ++i) (*marks)[i] &= other[i];
}

void Unite(const SpanMarks& other, SpanMarks* marks) {
  for (std::size_t i = 0; i < marks->size(); ++i) (*marks)[i] |= other[i];
}

SpanMarks ChildrenOf(const SpanMarks& marked, Parents parents) {
  SpanMarks found(marked.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (parents[i] != kNone) found[i] = marked[parents[i]];
  }
  return found;
}

SpanMarks ParentsOf(const SpanMarks& marked, Parents parents) {
  SpanMarks found(marked.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (marked[i] != 0 && parents[i] != kNone) found[parents[i]] = 1;
  }
  return found;
}

// Spans that are below each other in a circle are below no root, and in no relation.
SpanMarks DescendantsOf(const SpanMarks& marked, Parents parents) {
  enum : std::uint8_t { kNo, kYes, kUnknown };
  SpanMarks found(marked.size(), kUnknown);
  std::vector<std::uint32_t> path;
  for (std::uint32_t begin = 0; begin < found.size(); ++begin) {
    // The same for all spans on the way up to the first of which it is known.
    std::uint8_t result = kNo;
    for (std::uint32_t at = begin; at != kNone; at = parents[at]) {
      if (found[at] != kUnknown) {
        result = found[at];
        break;
      }
      found[at] = kNo;
      path.push_back(at);
      if (parents[at] != kNone && marked[parents[at]] != 0) {
        result = kYes;
        break;
      }
    }
    for (const std::uint32_t at : path) found[at] = result;
    path.clear();
  }
  return found;
}

SpanMarks AncestorsOf(const SpanMarks& marked, Parents parents) {
  SpanMarks found(marked.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (marked[i] == 0) continue;
    for (std::uint32_t at = parents[i]; at != kNone && found[at] == 0; at = parents[at]) {
      found[at] = 1;
    }
  }
  return found;
}

// Roots are siblings of each other.
SpanMarks SiblingsOf(const SpanMarks& marked, Parents parents) {
  const std::size_t count = marked.size();
  const auto family_of = [&](std::size_t i) {
    return parents[i] == kNone ? count : std::size_t{parents[i]};
  };
  std::vector<std::uint32_t> marked_in(count + 1, 0);
  for (std::size_t i = 0; i < count; ++i) {
    if (marked[i] != 0) ++marked_in[family_of(i)];
  }
  SpanMarks found(count);
  for (std::size_t i = 0; i < count; ++i) {
    found[i] = marked_in[family_of(i)] > (marked[i] != 0 ? 1U : 0U) ? 1 : 0;
  }
  return found;
}

/// The spans that stand in the relation to one of `marked`, to its left or, where it is mirrored,
/// to its right.
SpanMarks RelatedTo(const SpanMarks& marked, Relation relation, bool is_mirrored, Parents parents) {
  switch (relation) {
    case Relation::kChild:
      return is_mirrored ? ParentsOf(marked, parents) : ChildrenOf(marked, parents);
    case Relation::kParent:
      return is_mirrored ? ChildrenOf(marked, parents) : ParentsOf(marked, parents);
    case Relation::kDescendant:
      return is_mirrored ? AncestorsOf(marked, parents) : DescendantsOf(marked, parents);
    case Relation::kAncestor:
      return is_mirrored ? DescendantsOf(marked, parents) : AncestorsOf(marked, parents);
    default:
      return SiblingsOf(marked, parents);
  }
}

/// Recursion ends with traceql::kDepthMax.
class Judge {
 public:
  explicit Judge(const BoundTrace& trace) : trace_(trace) {}

  /// What the stages leave of `input`: nothing as soon as it is none.
  SpanMarks Run(std::span<const BoundStage> stages, SpanMarks input) const {
    for (const BoundStage& stage : stages) {
      if (stage.spansets) input = Give(*stage.spansets, std::move(input));
      const auto count = static_cast<std::uint64_t>(std::ranges::count(input, 1));
      if (count == 0 || count < stage.count_min) return SpanMarks(input.size());
    }
    return input;
  }

 private:
  SpanMarks Give(const BoundSet& set, SpanMarks input) const {
    switch (set.kind) {
      case SpansetExpression::Kind::kPipeline:
        return Run(set.pipeline, std::move(input));
      case SpansetExpression::Kind::kFilter:
        if (set.condition) Intersect(trace_.marks[*set.condition], &input);
        return input;
      case SpansetExpression::Kind::kOperator:
        break;
    }
    const bool is_union = set.op.relation == Relation::kAnd || set.op.relation == Relation::kOr;
    return is_union ? GiveUnion(set, input) : GiveRelated(set, input);
  }

  SpanMarks GiveUnion(const BoundSet& set, const SpanMarks& input) const {
    SpanMarks all(input.size());
    for (const BoundSet& operand : set.operands) {
      const SpanMarks side = Give(operand, input);
      if (set.op.relation == Relation::kAnd && !HasAny(side)) return SpanMarks(input.size());
      Unite(side, &all);
    }
    return all;
  }

  // More spans to the left may only leave fewer of those that are in no relation: all may be left.
  SpanMarks GiveRelated(const BoundSet& set, const SpanMarks& input) const {
    SpanMarks right = Give(set.operands[1], input);
    if (set.op.form == Form::kNegated || !HasAny(right)) return right;
    SpanMarks left = Give(set.operands[0], input);
    if (!HasAny(left)) return left;
    const bool is_union = set.op.form == Form::kUnion;
    if (!trace_.parents.empty()) {
      const SpanMarks of_left = RelatedTo(left, set.op.relation, false, trace_.parents);
      if (is_union) Intersect(RelatedTo(right, set.op.relation, true, trace_.parents), &left);
      Intersect(of_left, &right);
    }
    if (is_union) Unite(left, &right);
    return right;
  }

  const BoundTrace& trace_;
};

}  // namespace

bool MayMatch(const TraceBound& bound, const BoundTrace& trace) {
  return HasAny(Judge(trace).Run(bound.stages(), SpanMarks(trace.span_count, 1)));
}

}  // namespace clew::traceql::evaluate
