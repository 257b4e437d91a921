#include "wire/otlp/split.h"

#include <span>
#include <string>
#include <utility>

#include "wire/otlp/rewrite.h"
#include "wire/otlp/walk_items.h"

namespace clew::wire::otlp {
namespace {

/// One of the requests to be: the units of the whole up to `unit_end` that no part before it has.
struct Part {
  std::uint64_t unit_end = 0;
  std::uint64_t item_count = 0;
};

/// Where parts end when units with so many items come one after the other.
class Planner {
 public:
  explicit Planner(std::uint64_t item_count_max) : item_count_max_(item_count_max) {}

  void Add(std::uint64_t item_count) {
    ++unit_count_;
    const bool is_full =
        parts_.empty() ||
        (parts_.back().item_count > 0 && parts_.back().item_count + item_count > item_count_max_);
    if (is_full) parts_.emplace_back();
    parts_.back().unit_end = unit_count_;
    parts_.back().item_count += item_count;
  }

  const std::vector<Part>& parts() const { return parts_; }

 private:
  const std::uint64_t item_count_max_;
  std::uint64_t unit_count_ = 0;
  std::vector<Part> parts_;
};

/// Halves again and again: one part after the other would walk the whole for each. `unit_begin`:
/// the first unit of the request, counted as the parts do.
void SplitInto(const SignalShape& shape, std::string request, std::span<const Part> parts,
               std::uint64_t unit_begin, std::vector<model::CountedRequest>* split) {
  if (parts.size() == 1) {
    split->push_back({Bytes(std::move(request)), parts.front().item_count});
    return;
  }
  const std::size_t half = parts.size() / 2;
  const std::uint64_t middle = parts[half - 1].unit_end;
  const auto is_late = [&](std::uint64_t index, std::string_view) {
    return unit_begin + index >= middle;
  };
  std::string second = KeepUnits(shape, request, is_late);
  request = KeepUnits(shape, request, [&](std::uint64_t index, std::string_view unit) {
    return !is_late(index, unit);
  });
  SplitInto(shape, std::move(request), parts.first(half), unit_begin, split);
  SplitInto(shape, std::move(second), parts.subspan(half), middle, split);
}

}  // namespace

Result<std::vector<model::CountedRequest>> SplitRequests(const SignalShape& shape,
                                                         const std::vector<Bytes>& pieces,
                                                         std::size_t item_count_max) {
  std::string request;
  for (const Bytes& piece : pieces) request.append(piece.view());
  Planner planner(item_count_max);
  ASSIGN_OR_RETURN(const ItemCounts counts,
                   WalkItems(shape, request, WalkDepth::kItems,
                             [&](std::uint64_t items) { planner.Add(items); }));
  std::vector<model::CountedRequest> split;
  if (counts.item_count(shape) > 0) {
    SplitInto(shape, std::move(request), planner.parts(), 0, &split);
  }
  return split;
}

}  // namespace clew::wire::otlp
