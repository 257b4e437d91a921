#include "traceql/evaluate/relations.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace clew::traceql::evaluate {
namespace {

using Marks = std::vector<bool>;

Marks MarksOf(const Rows& rows, std::size_t count) {
  Marks marks(count, false);
  for (const std::uint32_t row : rows) marks[row] = true;
  return marks;
}

/// Children of marked spans.
Marks ChildrenOf(const Rows& rows, const NestedSets& sets) {
  const Marks marked = MarksOf(rows, sets.parents.size());
  Marks found(marked.size(), false);
  for (const std::uint32_t row : sets.walk) {
    const std::uint32_t parent = sets.parents[row];
    found[row] = parent != kNoRow && marked[parent];
  }
  return found;
}

Marks ParentsOf(const Rows& rows, const NestedSets& sets) {
  Marks found(sets.parents.size(), false);
  for (const std::uint32_t row : rows) {
    const std::uint32_t parent = sets.parents[row];
    if (parent != kNoRow && sets.IsNumbered(row)) found[parent] = true;
  }
  return found;
}

/// The sets of two spans lie in each other or apart: in a walk by left numbers a span lies in one
/// that came before when that has not ended yet.
Marks DescendantsOf(const Rows& rows, const NestedSets& sets) {
  const Marks marked = MarksOf(rows, sets.parents.size());
  Marks found(marked.size(), false);
  std::uint32_t right_max = 0;
  for (const std::uint32_t row : sets.walk) {
    found[row] = right_max > sets.rights[row];
    if (marked[row]) right_max = std::max(right_max, sets.rights[row]);
  }
  return found;
}

/// Below a span is what follows it in the walk, as many as there is room for in its set.
Marks AncestorsOf(const Rows& rows, const NestedSets& sets) {
  const Marks marked = MarksOf(rows, sets.parents.size());
  Marks found(marked.size(), false);
  std::vector<std::uint32_t> counts(sets.walk.size() + 1, 0);  // of marked ones before a place
  for (std::size_t i = 0; i < sets.walk.size(); ++i) {
    counts[i + 1] = counts[i] + (marked[sets.walk[i]] ? 1 : 0);
  }
  for (std::size_t i = 0; i < sets.walk.size(); ++i) {
    const std::uint32_t row = sets.walk[i];
    const std::size_t below = (sets.rights[row] - sets.lefts[row]) / 2;
    found[row] = counts[i + 1 + below] > counts[i + 1];
  }
  return found;
}

/// Roots are siblings of each other.
Marks SiblingsOf(const Rows& rows, const NestedSets& sets) {
  const std::size_t count = sets.parents.size();
  const Marks marked = MarksOf(rows, count);
  const auto family_of = [&](std::uint32_t row) {
    return sets.parents[row] == kNoRow ? count : std::size_t{sets.parents[row]};
  };
  std::vector<std::uint32_t> marked_in(count + 1, 0);
  for (const std::uint32_t row : rows) {
    if (sets.IsNumbered(row)) ++marked_in[family_of(row)];
  }
  Marks found(count, false);
  for (const std::uint32_t row : sets.walk) {
    found[row] = marked_in[family_of(row)] > (marked[row] ? 1U : 0U);
  }
  return found;
}

/// The spans that stand in the relation to one of `rows`, to its left.
Marks RelatedTo(const Rows& rows, Relation relation, const NestedSets& sets) {
  switch (relation) {
    case Relation::kChild:
      return ChildrenOf(rows, sets);
    case Relation::kParent:
      return ParentsOf(rows, sets);
    case Relation::kDescendant:
      return DescendantsOf(rows, sets);
    case Relation::kAncestor:
      return AncestorsOf(rows, sets);
    default:
      return SiblingsOf(rows, sets);
  }
}

Relation Mirrored(Relation relation) {
  switch (relation) {
    case Relation::kChild:
      return Relation::kParent;
    case Relation::kParent:
      return Relation::kChild;
    case Relation::kDescendant:
      return Relation::kAncestor;
    case Relation::kAncestor:
      return Relation::kDescendant;
    default:
      return relation;
  }
}

Rows Kept(const Rows& rows, const Marks& marks, bool are_wanted) {
  Rows kept;
  for (const std::uint32_t row : rows) {
    if (marks[row] == are_wanted) kept.push_back(row);
  }
  return kept;
}

}  // namespace

Rows Union(std::span<const Rows* const> all, TraceView* trace) {
  if (all.size() == 1) return *all[0];
  Marks marks(trace->span_count(), false);
  for (const Rows* const rows : all) {
    for (const std::uint32_t row : *rows) marks[row] = true;
  }
  Rows result;
  for (const std::uint32_t row : trace->Order()) {
    if (marks[row]) result.push_back(row);
  }
  return result;
}

Rows Relate(SpansetOp op, const Rows& left, const Rows& right, TraceView* trace) {
  const NestedSets& sets = trace->Sets();
  const Marks related = RelatedTo(left, op.relation, sets);
  Rows found = Kept(right, related, op.form != Form::kNegated);
  if (op.form != Form::kUnion) return found;
  const Rows others = Kept(left, RelatedTo(right, Mirrored(op.relation), sets), true);
  return Union(std::array<const Rows*, 2>{&found, &others}, trace);
}

}  // namespace clew::traceql::evaluate
