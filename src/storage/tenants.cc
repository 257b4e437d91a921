#include "storage/tenants.h"

#include <fmt/core.h>

#include <chrono>
#include <utility>

namespace clew::storage {
namespace {

// In tenants_, and in seen_.
constexpr long kUsesHere = 2;

}  // namespace

Tenants::Tenants(std::size_t count_max, std::function<Ptr(const TenantId& tenant)> make)
    : count_max_(count_max), make_(std::move(make)) {}

Tenants::Ptr Tenants::Find(const TenantId& tenant) const {
  const std::shared_ptr<const Stores> stores = seen_.Take();
  const auto found = stores->find(tenant);
  return found == stores->end() ? nullptr : found->second;
}

Tenants::Ptr Tenants::FindOrMakeLocked(const TenantId& tenant) {
  Ptr& store = tenants_[tenant];
  if (store == nullptr) {
    store = make_(tenant);
    ShowLocked();
  }
  return store;
}

void Tenants::AddBlocks(const std::map<TenantId, std::vector<BlockPtr>>& blocks) {
  const std::scoped_lock lock(mutex_);
  for (const auto& [tenant, of_tenant] : blocks) {
    Ptr& store = tenants_[tenant];
    if (store == nullptr) store = make_(tenant);
    store->AddBlocks(of_tenant);
  }
  ShowLocked();
}

Tenants::Ptr Tenants::FindOrMake(const TenantId& tenant) {
  const std::scoped_lock lock(mutex_);
  return FindOrMakeLocked(tenant);
}

Result<Tenants::Ptr> Tenants::Admit(const TenantId& tenant) {
  constexpr std::chrono::minutes kRetryWhenCrowded{1};
  const std::scoped_lock lock(mutex_);
  if (tenants_.size() < count_max_ || tenants_.contains(tenant)) return FindOrMakeLocked(tenant);
  return std::unexpected(Error{
      Code::kResourceExhausted,
      fmt::format("spans of {} tenants are stored, as many as may be, and \"{}\" is another one: "
                  "raise tenants_max of clew_storage, or wait until retention has deleted one",
                  tenants_.size(), tenant.name()),
      kRetryWhenCrowded});
}

std::vector<Tenants::Ptr> Tenants::All() const {
  const std::shared_ptr<const Stores> seen = seen_.Take();
  std::vector<Ptr> stores;
  for (const auto& [tenant, store] : *seen) stores.push_back(store);
  return stores;
}

// Most have nothing to look after, when there are many.
std::vector<Tenants::Ptr> Tenants::WithHead() const {
  const std::scoped_lock lock(mutex_);
  std::vector<Ptr> stores;
  for (const auto& [tenant, store] : tenants_) {
    if (store->has_head()) stores.push_back(store);
  }
  return stores;
}

std::size_t Tenants::count() const {
  const std::scoped_lock lock(mutex_);
  return tenants_.size();
}

std::vector<Tenants::Ptr> Tenants::ForgetIdle() {
  std::vector<Ptr> forgotten;
  const std::scoped_lock lock(mutex_);
  std::erase_if(tenants_, [&forgotten](const auto& entry) {
    const bool is_idle = entry.second.use_count() == kUsesHere && entry.second->is_empty();
    if (is_idle) forgotten.push_back(entry.second);
    return is_idle;
  });
  if (!forgotten.empty()) ShowLocked();
  return forgotten;
}

}  // namespace clew::storage
