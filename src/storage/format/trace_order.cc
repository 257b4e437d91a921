#include "storage/format/trace_order.h"

#include <algorithm>

namespace clew::storage {
namespace {

constexpr std::uint32_t kNone = 0xffffffff;

}  // namespace

void DepthFirstOrder::Arrange(std::span<const SpanLink> spans) {
  FindParents(spans);
  CutCircles();
  Walk();
}

void DepthFirstOrder::FindParents(std::span<const SpanLink> spans) {
  ids_.clear();
  for (std::uint32_t i = 0; i < spans.size(); ++i) ids_.push_back({spans[i].id, i});
  // Not a table of hashes: senders choose the ids.
  std::ranges::sort(ids_);
  has_repeated_ids_ = std::ranges::adjacent_find(ids_, {}, &Id::id) != ids_.end();
  parent_of_.assign(spans.size(), kNoParent);
  for (std::uint32_t i = 0; i < spans.size(); ++i) {
    if (spans[i].parent == 0) continue;
    const auto found = std::ranges::lower_bound(ids_, Id{spans[i].parent, 0});
    const bool is_here = found != ids_.end() && found->id == spans[i].parent;
    parent_of_[i] = is_here ? found->place : kParentAway;
  }
}

// Goes up from each span until it comes to the top or to where it was before: within the same walk
// that is a circle.
void DepthFirstOrder::CutCircles() {
  const auto count = static_cast<std::uint32_t>(parent_of_.size());
  is_top_.assign(count, false);
  seen_by_.assign(count, kNone);
  for (std::uint32_t i = 0; i < count; ++i) {
    std::uint32_t at = i;
    while (parent_of_[at] < count && seen_by_[at] == kNone) {
      seen_by_[at] = i;
      at = parent_of_[at];
    }
    if (parent_of_[at] >= count) {
      is_top_[at] = true;
    } else if (seen_by_[at] == i) {
      std::uint32_t first = at;
      for (std::uint32_t k = parent_of_[at]; k != at; k = parent_of_[k]) first = std::min(first, k);
      is_top_[first] = true;
    }
  }
}

void DepthFirstOrder::Walk() {
  const auto count = static_cast<std::uint32_t>(parent_of_.size());
  first_child_.assign(count, kNone);
  next_sibling_.assign(count, kNone);
  row_of_.assign(count, kNone);
  // From the last to the first, so that each list begins with its first.
  for (std::uint32_t i = count; i-- > 0;) {
    if (is_top_[i]) continue;
    next_sibling_[i] = first_child_[parent_of_[i]];
    first_child_[parent_of_[i]] = i;
  }
  order_.clear();
  for (std::uint32_t top = 0; top < count; ++top) {
    if (!is_top_[top]) continue;
    std::uint32_t at = top;
    while (true) {
      row_of_[at] = static_cast<std::uint32_t>(order_.size());
      order_.push_back(at);
      if (first_child_[at] != kNone) {
        at = first_child_[at];
        continue;
      }
      while (at != top && next_sibling_[at] == kNone) at = parent_of_[at];
      if (at == top) break;
      at = next_sibling_[at];
    }
  }
  parents_.clear();
  for (const std::uint32_t span : order_) {
    const std::uint32_t parent = parent_of_[span];
    parents_.push_back(parent < count ? row_of_[parent] : parent);
  }
}

}  // namespace clew::storage
