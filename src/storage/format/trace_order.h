#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace clew::storage {

/// What of a span says where it stands in its trace.
struct SpanLink {
  std::uint64_t id;
  /// 0: it names none.
  std::uint64_t parent;
};

/// Brings the spans of a trace into depth-first order: what is below a span comes right behind it,
/// so that structure is found by passing over rows once (docs/design/011). Spans without a parent
/// here stand at the top. So does the first span of those that are each other's parents in a
/// circle, and one that is its own. Of spans with the same id the first is the parent. One thread;
/// takes n log n whatever the shape, and no recursion.
class DepthFirstOrder {
 public:
  static constexpr std::uint32_t kNoParent = 0xffffffff;
  static constexpr std::uint32_t kParentAway = 0xfffffffe;

  /// The spans of a trace, in the order that those at the top, and those with the same parent,
  /// keep.
  void Arrange(std::span<const SpanLink> spans);

  /// Until the next call: for each new row which of the spans it is.
  std::span<const std::uint32_t> order() const { return order_; }
  /// For each new row that of its parent. Only at the top of a circle it is not in front of it.
  std::span<const std::uint32_t> parents() const { return parents_; }
  /// Whether two of the spans have the same id.
  bool has_repeated_ids() const { return has_repeated_ids_; }

 private:
  void FindParents(std::span<const SpanLink> spans);
  void CutCircles();
  void Walk();

  struct Id {
    std::uint64_t id;
    std::uint32_t place;
    auto operator<=>(const Id&) const = default;
  };
  // By place among the spans as they were given.
  std::vector<Id> ids_;
  bool has_repeated_ids_ = false;
  std::vector<std::uint32_t> parent_of_;
  std::vector<std::uint32_t> seen_by_;
  std::vector<bool> is_top_;
  std::vector<std::uint32_t> first_child_;
  std::vector<std::uint32_t> next_sibling_;
  std::vector<std::uint32_t> row_of_;
  // By new row.
  std::vector<std::uint32_t> order_;
  std::vector<std::uint32_t> parents_;
};

}  // namespace clew::storage
