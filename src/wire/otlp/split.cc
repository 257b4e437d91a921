#include "wire/otlp/split.h"

#include <string>
#include <utility>

#include "wire/otlp/rewrite.h"
#include "wire/otlp/walk_items.h"

namespace clew::wire::otlp {
namespace {

/// Halves again and again: one part after the other would walk the whole for each. What has no
/// items is in the first part only: where it came in all of them, small requests would grow without
/// bound.
void SplitInto(const SignalShape& shape, std::string request, std::uint64_t item_count,
               std::uint64_t item_count_max, std::vector<model::CountedRequest>* split) {
  if (item_count <= item_count_max) {
    split->push_back({Bytes(std::move(request)), item_count});
    return;
  }
  const std::uint64_t part_count = (item_count - 1) / item_count_max + 1;
  const std::uint64_t middle = part_count / 2 * item_count_max;
  std::string second =
      KeepItems(shape, request, Empty::kDrop,
                [&](std::uint64_t index, std::string_view) { return index >= middle; });
  request = KeepItems(shape, request, Empty::kKeep,
                      [&](std::uint64_t index, std::string_view) { return index < middle; });
  SplitInto(shape, std::move(request), middle, item_count_max, split);
  SplitInto(shape, std::move(second), item_count - middle, item_count_max, split);
}

}  // namespace

Result<std::vector<model::CountedRequest>> SplitRequests(const SignalShape& shape,
                                                         const std::vector<Bytes>& pieces,
                                                         std::size_t item_count_max) {
  std::string request;
  for (const Bytes& piece : pieces) request.append(piece.view());
  ASSIGN_OR_RETURN(const ItemCounts counts, WalkItems(shape, request, WalkDepth::kItems));
  const std::uint64_t item_count = counts.item_count(shape);
  std::vector<model::CountedRequest> split;
  if (item_count > 0) {
    SplitInto(shape, std::move(request), item_count,
              shape.goes_whole() ? item_count : item_count_max, &split);
  }
  return split;
}

}  // namespace clew::wire::otlp
