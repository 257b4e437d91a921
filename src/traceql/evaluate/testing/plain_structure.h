#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "model/trace_data.h"
#include "traceql/op.h"

namespace clew::traceql::evaluate::testing {

/// How spans of a trace hang together (sheet 7), found by walking from parent to parent. Slow.
class PlainStructure {
 public:
  explicit PlainStructure(const model::TraceData& trace);

  using Index = std::size_t;  // of a span

  /// By start, then index.
  const std::vector<Index>& Order() const { return order_; }
  std::optional<Index> ParentOf(Index span) const { return parents_[span]; }
  std::int64_t ChildCountOf(Index span) const;
  /// A walk from parent to parent ends at a root, and no id is there more than twice.
  bool IsReachable(Index span) const;
  /// `right` is in the relation to `left`.
  bool AreRelated(Relation relation, Index left, Index right) const;
  std::optional<Index> Root() const;

  struct Numbers {
    std::int64_t left = 0;
    std::int64_t right = 0;
    std::int64_t parent = 0;
  };
  Numbers NumbersOf(Index span) const;

 private:
  std::optional<Index> FindParent(Index span) const;
  bool IsAncestor(Index above, Index below) const;
  void Number(Index span, std::int64_t parent, std::int64_t* next,
              std::map<Index, Numbers>* numbers) const;

  const model::TraceData& trace_;
  std::vector<Index> order_;
  std::vector<std::optional<Index>> parents_;
  bool is_ambiguous_ = false;
};

}  // namespace clew::traceql::evaluate::testing
