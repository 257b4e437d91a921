#include "storage/sealer.h"

#include <algorithm>
#include <utility>

#include "base/for_each.h"

namespace clew::storage {
namespace {

// A block is a file and two syncs: those of many small tenants are spread over rounds.
constexpr std::size_t kDueAtOnce = 32;

}  // namespace

void Sealer::Seal(const Tenants& tenants) {
  Maintain(tenants, TenantStore::Extent::kWhatIsFull);
  MaintainDue(tenants);
  RelieveHead(tenants);
}

void Sealer::SealAll(const Tenants& tenants) {
  Maintain(tenants, TenantStore::Extent::kAll, Stopping::kIsIgnored);
}

void Sealer::Maintain(std::span<const std::shared_ptr<TenantStore>> tenants,
                      TenantStore::Extent extent, Stopping stopping) {
  base::ForEach(with_.workers, tenants.size(), [&](std::size_t i) {
    if (stopping == Stopping::kEndsIt && with_.is_stopping()) return;
    tenants[i]->Maintain(extent);
  });
}

// Who waits longest goes first.
void Sealer::MaintainDue(const Tenants& tenants) {
  std::vector<std::pair<Nanos, std::shared_ptr<TenantStore>>> due;
  for (const auto& tenant : tenants) {
    if (const auto since = tenant->BlockDueSince()) due.emplace_back(*since, tenant);
  }
  std::ranges::sort(due);
  due.resize(std::min(due.size(), kDueAtOnce));
  Tenants first;
  for (const auto& [since, tenant] : due) first.push_back(tenant);
  Maintain(first, TenantStore::Extent::kWhatIsDue);
}

// What fills the head may be few large spans, or many tenants with few spans each: none of them
// would be due for minutes. Those that hold most go first. What is handed over takes its memory
// until it is written or laid aside on disk: the more of that there is, the less may stay here. Not
// nothing, or each round would make a block of the little that has come since the last.
void Sealer::RelieveHead(const Tenants& tenants) {
  if (!IsHeadTight()) return;
  const std::uint64_t most = with_.head_bytes_max / 4 * 3;
  const std::uint64_t waiting = std::min<std::uint64_t>(with_.waiting_bytes, most);
  const std::uint64_t wanted_bytes =
      std::clamp(most - waiting, with_.head_bytes_max / 32, with_.head_bytes_max / 2);
  std::vector<std::pair<std::uint64_t, std::shared_ptr<TenantStore>>> holders;
  for (const auto& tenant : tenants) {
    const std::uint64_t size = tenant->head_bytes();
    if (size > 0) holders.emplace_back(~size, tenant);
  }
  std::ranges::sort(holders);
  const std::size_t at_once = base::CountAtOnce(with_.workers);
  for (auto holder = holders.begin(); holder != holders.end();) {
    const std::uint64_t head_bytes = with_.head_bytes;
    if (head_bytes < wanted_bytes || with_.is_stopping()) return;
    // No more of them than are needed: each gets a block, however small.
    Tenants next;
    std::uint64_t next_bytes = 0;
    for (; holder != holders.end() && next.size() < at_once; ++holder) {
      if (!next.empty() && head_bytes - std::min(head_bytes, next_bytes) < wanted_bytes) break;
      next.push_back(holder->second);
      next_bytes += ~holder->first;
    }
    Maintain(next, TenantStore::Extent::kAll);
  }
}

}  // namespace clew::storage
