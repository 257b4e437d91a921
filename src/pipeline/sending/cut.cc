#include "pipeline/sending/cut.h"

#include <algorithm>
#include <utility>

namespace clew::pipeline::sending {

Result<std::vector<model::BatchPtr>> CutToSize(const model::BatchPtr& batch, std::uint64_t size_max,
                                               std::string_view sizer) {
  if (size_max == 0) {
    return std::vector{batch};
  }
  if (sizer == "items") {
    return batch->Split(size_max);
  }
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
    // By the mean size of its items, but always into smaller parts.
    const double fraction = static_cast<double>(size_max) / static_cast<double>(bytes);
    const auto guess = static_cast<std::uint64_t>(static_cast<double>(items) * fraction);
    ASSIGN_OR_RETURN(auto pieces,
                     part->Split(std::clamp<std::uint64_t>(guess, 1, (items + 1) / 2)));
    if (pieces.size() < 2) {
      fitting.push_back(part);  // that cannot be cut
      continue;
    }
    open.insert(open.end(), std::make_move_iterator(pieces.rbegin()),
                std::make_move_iterator(pieces.rend()));
  }
  return fitting;
}

}  // namespace clew::pipeline::sending
