#include "analysis/trace_tree.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <unordered_map>

namespace clew::analysis {
namespace {

using model::Span;
using model::TraceData;
using Node = TraceTree::Node;

constexpr std::uint32_t kNone = TraceTree::kNoParent;

class TreeBuilder {
 public:
  explicit TreeBuilder(const TraceData& trace)
      : trace_(trace),
        count_(static_cast<std::uint32_t>(trace.spans.size())),
        by_start_(count_),
        parents_(count_, kNone),
        is_orphan_(count_, false),
        is_placed_(count_, false) {}

  TraceTree Build() {
    std::iota(by_start_.begin(), by_start_.end(), 0u);
    std::ranges::sort(by_start_, [this](std::uint32_t a, std::uint32_t b) {
      const Span& left = trace_.spans[a];
      const Span& right = trace_.spans[b];
      return std::tie(left.start, left.span_id, a) < std::tie(right.start, right.span_id, b);
    });
    FindParents();
    GroupChildren();
    PlaceRoots();
    MarkLastChildren();
    return std::move(tree_);
  }

 private:
  void FindParents() {
    std::unordered_map<SpanId, std::uint32_t> by_id;
    by_id.reserve(count_);
    for (std::uint32_t i = 0; i < count_; ++i) {
      by_id.emplace(trace_.spans[i].span_id, i);
    }
    for (std::uint32_t i = 0; i < count_; ++i) {
      const SpanId& parent = trace_.spans[i].parent_span_id;
      if (parent.is_zero()) {
        continue;
      }
      const auto found = by_id.find(parent);
      if (found != by_id.end() && found->second != i) {
        parents_[i] = found->second;
      } else {
        is_orphan_[i] = true;
      }
    }
  }

  /// Children of span s are children_[offsets_[s] .. offsets_[s + 1]), by start.
  void GroupChildren() {
    offsets_.assign(count_ + std::size_t{1}, 0);
    for (const std::uint32_t parent : parents_) {
      if (parent != kNone) {
        ++offsets_[parent + std::size_t{1}];
      }
    }
    std::partial_sum(offsets_.begin(), offsets_.end(), offsets_.begin());
    children_.resize(offsets_.back());
    std::vector<std::uint32_t> next(offsets_.begin(), offsets_.end() - 1);
    for (const std::uint32_t span : by_start_) {
      if (parents_[span] != kNone) {
        children_[next[parents_[span]]++] = span;
      }
    }
  }

  void PlaceRoots() {
    tree_.nodes.reserve(count_);
    for (const std::uint32_t span : by_start_) {
      if (parents_[span] == kNone) {
        Place(span);
      }
    }
    for (const std::uint32_t span : by_start_) {
      if (!is_placed_[span]) {
        is_orphan_[span] = true;
        Place(span);
      }
    }
  }

  void Place(std::uint32_t root) {
    std::vector<Node> open = {{.span = root, .is_orphan = is_orphan_[root]}};
    while (!open.empty()) {
      const Node node = open.back();
      open.pop_back();
      if (is_placed_[node.span]) {
        continue;
      }
      is_placed_[node.span] = true;
      const auto index = static_cast<std::uint32_t>(tree_.nodes.size());
      tree_.nodes.push_back(node);
      if (node.parent != kNone) {
        ++tree_.nodes[node.parent].child_count;
      }
      for (std::uint32_t i = offsets_[node.span + std::size_t{1}]; i > offsets_[node.span]; --i) {
        open.push_back({.span = children_[i - 1], .parent = index, .depth = node.depth + 1});
      }
    }
  }

  void MarkLastChildren() {
    std::vector<bool> has_later_sibling(tree_.nodes.size() + 1, false);
    for (std::size_t i = tree_.nodes.size(); i > 0; --i) {
      Node& node = tree_.nodes[i - 1];
      const std::size_t slot = node.parent == kNone ? tree_.nodes.size() : node.parent;
      node.is_last_child = !has_later_sibling[slot];
      has_later_sibling[slot] = true;
    }
  }

  const TraceData& trace_;
  const std::uint32_t count_;
  std::vector<std::uint32_t> by_start_;
  std::vector<std::uint32_t> parents_;
  std::vector<bool> is_orphan_;
  std::vector<bool> is_placed_;
  std::vector<std::uint32_t> offsets_;
  std::vector<std::uint32_t> children_;
  TraceTree tree_;
};

}  // namespace

TraceTree BuildTraceTree(const TraceData& trace) { return TreeBuilder(trace).Build(); }

}  // namespace clew::analysis
