#include "storage/sealing_rounds.h"

#include <algorithm>
#include <span>
#include <tuple>
#include <utility>

namespace clew::storage {
namespace {

// A block is a file and two syncs: those of many small tenants are spread over rounds.
constexpr std::size_t kDueAtOnce = 32;
// When the disk is full all would fail, and what frees it comes after sealing.
constexpr int kFailuresOfRelief = 32;

}  // namespace

Status SealingRounds::Seal(const Tenants& tenants) {
  for (const auto& tenant : tenants) {
    if (with_.is_stopping()) break;
    Maintain(*tenant, TenantStore::Extent::kWhatIsFull);
  }
  MaintainDue(tenants);
  RelieveHead(tenants);
  return EndRound();
}

Status SealingRounds::SealAll(const Tenants& tenants) {
  for (const auto& tenant : tenants) Maintain(*tenant, TenantStore::Extent::kAll);
  return EndRound();
}

bool SealingRounds::Maintain(TenantStore& tenant, TenantStore::Extent extent) {
  const std::size_t written_count = with_.written_blocks.size();
  Status status = tenant.Maintain(extent);
  if (status.has_value()) {
    if (extent != TenantStore::Extent::kWhatIsFull || with_.written_blocks.size() > written_count) {
      tenant.last_failure = 0;
      tenant.failed_with.reset();
    }
    return true;
  }
  const Error& error = status.error();
  tenant.last_failure = ++failure_count_;
  if (!news_.has_value() && tenant.failed_with != error.code) news_ = error;
  tenant.failed_with = error.code;
  with_.failed.Increment();
  ++failed_count_;
  status_ = std::move(status);
  return false;
}

// Who waits longest goes first; but behind all others those that could not be sealed, who failed
// last last, or as many of them would have every round.
void SealingRounds::MaintainDue(const Tenants& tenants) {
  std::vector<std::tuple<std::uint64_t, Nanos, std::shared_ptr<TenantStore>>> due;
  for (const auto& tenant : tenants) {
    if (const auto since = tenant->BlockDueSince()) {
      due.emplace_back(tenant->last_failure, *since, tenant);
    }
  }
  std::ranges::sort(due);
  for (const auto& [failure, since, tenant] :
       std::span(due).first(std::min(due.size(), kDueAtOnce))) {
    if (with_.is_stopping()) return;
    Maintain(*tenant, TenantStore::Extent::kWhatIsDue);
  }
}

// What fills the head may be few large spans, or many tenants with few spans each: none of them
// would be due for minutes. Those that hold most go first, and those that failed last, as above.
void SealingRounds::RelieveHead(const Tenants& tenants) {
  if (!IsHeadTight()) return;
  std::vector<std::tuple<std::uint64_t, std::uint64_t, std::shared_ptr<TenantStore>>> holders;
  for (const auto& tenant : tenants) {
    const std::uint64_t size = tenant->head_bytes();
    if (size > 0) holders.emplace_back(tenant->last_failure, ~size, tenant);
  }
  std::ranges::sort(holders);
  int failures_left = kFailuresOfRelief;
  for (const auto& [failure, inverse_size, tenant] : holders) {
    if (with_.head_bytes < with_.head_bytes_max / 2 || with_.is_stopping()) return;
    if (!Maintain(*tenant, TenantStore::Extent::kAll) && --failures_left == 0) return;
  }
}

Status SealingRounds::EndRound() {
  Status status = std::exchange(status_, {});
  const std::optional<Error> news = std::exchange(news_, std::nullopt);
  const std::uint64_t failed_count = std::exchange(failed_count_, 0);
  if (status.has_value()) return status;
  failures_.AddRound(news.value_or(status.error()), news.has_value(), failed_count,
                     with_.clock.Monotonic());
  return status;
}

}  // namespace clew::storage
