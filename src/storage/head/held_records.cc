#include "storage/head/held_records.h"

#include <utility>

namespace clew::storage {

HeldRecords HeldRecords::Join(std::span<const HeldRecords* const> parts) {
  HeldRecords joined;
  const HeldRecords* lowest = nullptr;
  for (const HeldRecords* part : parts) {
    joined.ranges.insert(joined.ranges.end(), part->ranges.begin(), part->ranges.end());
    joined.others.insert(joined.others.end(), part->others.begin(), part->others.end());
    if (part->ranges.empty()) continue;
    if (lowest == nullptr || part->ranges.front().begin < lowest->ranges.front().begin) {
      lowest = part;
    }
  }
  joined.ranges = JoinRanges(std::move(joined.ranges));
  if (lowest != nullptr) joined.first = lowest->first;
  return joined;
}

void HeldRecords::Abandon() const {
  if (first != nullptr) first->Abandon();
  for (const pipeline::DeliveryTokenPtr& token : others) token->Abandon();
}

}  // namespace clew::storage
