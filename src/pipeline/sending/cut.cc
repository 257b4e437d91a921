#include "pipeline/sending/cut.h"

#include <algorithm>
#include <utility>

namespace clew::pipeline::sending {
namespace {

/// How many times the bytes of the whole all parts together may have: each has its resource anew.
constexpr std::uint64_t kGrowthMax = 2;

/// How many items the first part has when so many are cut in two: by their mean size as many as
/// fill half of the parts that there will be in the end, so that those become full.
std::uint64_t FirstItems(std::uint64_t items, std::uint64_t bytes, std::uint64_t size_max) {
  const double fraction = static_cast<double>(size_max) / static_cast<double>(bytes);
  const auto mean = static_cast<std::uint64_t>(static_cast<double>(items) * fraction);
  const std::uint64_t fitting = std::clamp<std::uint64_t>(mean, 1, (items + 1) / 2);
  const std::uint64_t part_count = (items - 1) / fitting + 1;
  return (part_count + 1) / 2 * fitting;
}

Result<std::vector<model::BatchPtr>> CutToBytes(const model::BatchPtr& batch,
                                                std::uint64_t size_max) {
  std::uint64_t growth_left = (kGrowthMax - 1) * batch->byte_size();
  std::vector<model::BatchPtr> fitting;
  std::vector<model::BatchPtr> open = {batch};  // the next one last
  while (!open.empty()) {
    const model::BatchPtr part = std::move(open.back());
    open.pop_back();
    const std::uint64_t bytes = part->byte_size();
    const std::uint64_t items = part->item_count();
    if (bytes <= size_max || items <= 1) {
      fitting.push_back(part);
      continue;
    }
    // In two, so that never more than twice a part is made before it is known whether it may be.
    ASSIGN_OR_RETURN(const auto pieces, part->Split(FirstItems(items, bytes, size_max)));
    std::uint64_t cut_bytes = 0;
    for (const model::BatchPtr& piece : pieces) cut_bytes += piece->byte_size();
    const std::uint64_t growth = cut_bytes - std::min(bytes, cut_bytes);
    if (pieces.size() < 2 || growth > growth_left) {
      fitting.push_back(part);
      continue;
    }
    growth_left -= growth;
    open.insert(open.end(), pieces.rbegin(), pieces.rend());
  }
  return fitting;
}

}  // namespace

Result<std::vector<model::BatchPtr>> CutToSize(const model::BatchPtr& batch, std::uint64_t size_max,
                                               std::string_view sizer) {
  const std::uint64_t size = sizer == "items" ? batch->item_count() : batch->byte_size();
  if (size_max == 0 || size <= size_max || batch->codec().goes_whole()) {
    return std::vector{batch};
  }
  return sizer == "items" ? batch->Split(size_max) : CutToBytes(batch, size_max);
}

}  // namespace clew::pipeline::sending
