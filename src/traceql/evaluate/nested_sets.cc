#include "traceql/evaluate/nested_sets.h"

#include <numeric>
#include <unordered_map>

namespace clew::traceql::evaluate {
namespace {

/// Of a call it is the side that is called.
bool IsCalled(std::int32_t kind) {
  return kind == static_cast<std::int32_t>(model::SpanKind::kServer) ||
         kind == static_cast<std::int32_t>(model::SpanKind::kConsumer);
}

/// The first two spans of an id, in order.
struct Bearers {
  std::uint32_t first = kNoRow;
  std::uint32_t second = kNoRow;
};

class Numbering {
 public:
  Numbering(const model::SpanColumns& spans, std::span<const std::uint32_t> order)
      : spans_(spans), order_(order), count_(order.size()) {}

  NestedSets Run() {
    sets_.parents.assign(count_, kNoRow);
    sets_.child_counts.assign(count_, 0);
    sets_.lefts.assign(count_, 0);
    sets_.rights.assign(count_, 0);
    FindParents();
    if (is_ambiguous_) return std::move(sets_);
    GroupChildren();
    sets_.walk.reserve(count_);
    for (const std::uint32_t row : order_) {
      if (spans_.parent_span_ids[row].is_zero()) Walk(row);
    }
    return std::move(sets_);
  }

 private:
  void FindParents() {
    std::unordered_map<SpanId, Bearers> by_id;
    by_id.reserve(count_);
    for (const std::uint32_t row : order_) {
      Bearers& bearers = by_id[spans_.span_ids[row]];
      if (bearers.first == kNoRow) {
        bearers.first = row;
      } else if (bearers.second == kNoRow) {
        bearers.second = row;
      } else {
        is_ambiguous_ = true;
      }
    }
    for (const std::uint32_t row : order_) {
      const SpanId& id = spans_.parent_span_ids[row];
      const auto found = id.is_zero() ? by_id.end() : by_id.find(id);
      if (found == by_id.end()) continue;
      const std::uint32_t parent = Choose(row, found->second);
      sets_.parents[row] = parent;
      if (parent != kNoRow) ++sets_.child_counts[parent];
    }
  }

  std::uint32_t Choose(std::uint32_t row, const Bearers& bearers) const {
    if (bearers.first == row) return bearers.second;
    if (bearers.second == row || bearers.second == kNoRow) return bearers.first;
    const bool is_called = IsCalled(spans_.kinds[row]);
    const bool is_first_called = IsCalled(spans_.kinds[bearers.first]);
    const bool is_second_called = IsCalled(spans_.kinds[bearers.second]);
    return is_first_called == is_called && is_second_called != is_called ? bearers.second
                                                                         : bearers.first;
  }

  /// Children of row r are children_[starts_[r] .. starts_[r + 1]), in order.
  void GroupChildren() {
    starts_.assign(count_ + 1, 0);
    std::partial_sum(sets_.child_counts.begin(), sets_.child_counts.end(), starts_.begin() + 1);
    children_.resize(starts_.back());
    std::vector<std::uint32_t> next(starts_.begin(), starts_.end() - 1);
    for (const std::uint32_t row : order_) {
      const std::uint32_t parent = sets_.parents[row];
      if (parent != kNoRow) children_[next[parent]++] = row;
    }
  }

  void Walk(std::uint32_t root) {
    struct Step {
      std::uint32_t row;
      std::uint32_t next_child;
    };
    std::vector<Step> open;
    const auto enter = [&](std::uint32_t row) {
      sets_.lefts[row] = ++number_;
      sets_.walk.push_back(row);
      open.push_back({row, starts_[row]});
    };
    enter(root);
    while (!open.empty()) {
      Step& step = open.back();
      if (step.next_child < starts_[step.row + std::size_t{1}]) {
        enter(children_[step.next_child++]);
      } else {
        sets_.rights[step.row] = ++number_;
        open.pop_back();
      }
    }
  }

  const model::SpanColumns& spans_;
  const std::span<const std::uint32_t> order_;
  const std::size_t count_;
  NestedSets sets_;
  std::vector<std::uint32_t> starts_;
  std::vector<std::uint32_t> children_;
  std::uint32_t number_ = 0;
  bool is_ambiguous_ = false;
};

}  // namespace

NestedSets NumberSpans(const model::SpanColumns& spans, std::span<const std::uint32_t> order) {
  return Numbering(spans, order).Run();
}

}  // namespace clew::traceql::evaluate
