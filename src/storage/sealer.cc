#include "storage/sealer.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/for_each.h"

namespace clew::storage {
namespace {

// A block is a file and two syncs: those of many small tenants are spread over rounds.
constexpr std::size_t kDueAtOnce = 32;
// When the disk is full all would fail, and what frees it comes after sealing.
constexpr std::size_t kFailuresOfRelief = 32;

}  // namespace

Status Sealer::Seal(const Tenants& tenants) {
  Maintain(tenants, TenantStore::Extent::kWhatIsFull);
  MaintainDue(tenants);
  RelieveHead(tenants);
  return EndRound();
}

Status Sealer::SealAll(const Tenants& tenants) {
  Maintain(tenants, TenantStore::Extent::kAll, Stopping::kIsIgnored);
  return EndRound();
}

// What came of it is noted afterwards, in the order of the tenants: that is one thread's.
std::size_t Sealer::Maintain(std::span<const std::shared_ptr<TenantStore>> tenants,
                             TenantStore::Extent extent, Stopping stopping) {
  std::vector<std::optional<Result<std::size_t>>> outcomes(tenants.size());
  base::ForEach(with_.workers, tenants.size(), [&](std::size_t i) {
    if (stopping == Stopping::kEndsIt && with_.is_stopping()) return;
    outcomes[i] = tenants[i]->Maintain(extent);
  });
  std::size_t failed_count = 0;
  for (std::size_t i = 0; i < tenants.size(); ++i) {
    if (!outcomes[i].has_value()) continue;
    if (!Note(*tenants[i], extent, *std::move(outcomes[i]))) ++failed_count;
  }
  return failed_count;
}

bool Sealer::Note(TenantStore& tenant, TenantStore::Extent extent,
                  Result<std::size_t> block_count) {
  if (block_count.has_value()) {
    if (extent != TenantStore::Extent::kWhatIsFull || *block_count > 0) {
      tenant.last_failure = 0;
      tenant.failed_with.reset();
    }
    return true;
  }
  const Error& error = block_count.error();
  tenant.last_failure = ++failure_count_;
  if (!news_.has_value() && tenant.failed_with != error.code) news_ = error;
  tenant.failed_with = error.code;
  with_.failed.Increment();
  ++failed_count_;
  status_ = std::unexpected(error);
  return false;
}

// Who waits longest goes first; but behind all others those that could not be sealed, who failed
// last last, or as many of them would have every round.
void Sealer::MaintainDue(const Tenants& tenants) {
  std::vector<std::tuple<std::uint64_t, Nanos, std::shared_ptr<TenantStore>>> due;
  for (const auto& tenant : tenants) {
    if (const auto since = tenant->BlockDueSince()) {
      due.emplace_back(tenant->last_failure, *since, tenant);
    }
  }
  std::ranges::sort(due);
  due.resize(std::min(due.size(), kDueAtOnce));
  Tenants first;
  for (const auto& [failure, since, tenant] : due) first.push_back(tenant);
  Maintain(first, TenantStore::Extent::kWhatIsDue);
}

// What fills the head may be few large spans, or many tenants with few spans each: none of them
// would be due for minutes. Those that hold most go first, and those that failed last, as above.
void Sealer::RelieveHead(const Tenants& tenants) {
  if (!IsHeadTight()) return;
  std::vector<std::tuple<std::uint64_t, std::uint64_t, std::shared_ptr<TenantStore>>> holders;
  for (const auto& tenant : tenants) {
    const std::uint64_t size = tenant->head_bytes();
    if (size > 0) holders.emplace_back(tenant->last_failure, ~size, tenant);
  }
  std::ranges::sort(holders);
  std::size_t failures_left = kFailuresOfRelief;
  const std::size_t at_once = base::CountAtOnce(with_.workers);
  for (auto holder = holders.begin(); holder != holders.end();) {
    const std::uint64_t wanted_bytes = with_.head_bytes_max / 2;
    const std::uint64_t head_bytes = with_.head_bytes;
    if (head_bytes < wanted_bytes || with_.is_stopping()) return;
    // No more of them than are needed: each gets a block, however small.
    Tenants next;
    std::uint64_t next_bytes = 0;
    for (; holder != holders.end() && next.size() < at_once; ++holder) {
      if (!next.empty() && head_bytes - std::min(head_bytes, next_bytes) < wanted_bytes) break;
      next.push_back(std::get<2>(*holder));
      next_bytes += ~std::get<1>(*holder);
    }
    const std::size_t failed_count = Maintain(next, TenantStore::Extent::kAll);
    if (failed_count >= failures_left) return;
    failures_left -= failed_count;
  }
}

Status Sealer::EndRound() {
  Status status = std::exchange(status_, {});
  const std::optional<Error> news = std::exchange(news_, std::nullopt);
  const std::uint64_t failed_count = std::exchange(failed_count_, 0);
  if (status.has_value()) return status;
  failures_.AddRound(news.value_or(status.error()), news.has_value(), failed_count,
                     with_.clock.Monotonic());
  return status;
}

}  // namespace clew::storage
