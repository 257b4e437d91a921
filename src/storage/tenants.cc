#include "storage/tenants.h"

#include <fmt/core.h>

#include <chrono>
#include <cstddef>
#include <utility>

namespace clew::storage {
namespace {

// In tenants_, and in seen_.
constexpr long kUsesHere = 2;
// Each look passes over them, and each of them costs a copy of those before.
constexpr std::size_t kLatestMax = 32;

}  // namespace

Tenants::Tenants(std::size_t count_max, std::function<Ptr(const TenantId& tenant)> make)
    : count_max_(count_max),
      make_(std::move(make)),
      seen_(std::make_shared<const Shown>(
          Shown{.most = std::make_shared<const Stores>(), .latest = {}})) {}

Tenants::Ptr Tenants::Find(const TenantId& tenant) const {
  const std::shared_ptr<const Shown> seen = seen_.Take();
  const auto found = seen->most->find(tenant);
  if (found != seen->most->end()) return found->second;
  for (const auto& [latest, store] : seen->latest) {
    if (latest == tenant) return store;
  }
  return nullptr;
}

void Tenants::ShowAllLocked() {
  seen_.Exchange(std::make_shared<const Shown>(
      Shown{.most = std::make_shared<const Stores>(tenants_), .latest = {}}));
}

void Tenants::ShowNewLocked(const TenantId& tenant, const Ptr& store) {
  const std::shared_ptr<const Shown> now = seen_.Take();
  if (now->latest.size() >= kLatestMax) return ShowAllLocked();
  auto next = std::make_shared<Shown>(*now);
  next->latest.emplace_back(tenant, store);
  seen_.Exchange(std::move(next));
}

Tenants::Ptr Tenants::FindOrMakeLocked(const TenantId& tenant) {
  Ptr& store = tenants_[tenant];
  if (store == nullptr) {
    store = make_(tenant);
    ShowNewLocked(tenant, store);
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
  ShowAllLocked();
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
  const std::shared_ptr<const Shown> seen = seen_.Take();
  std::vector<Ptr> stores;
  for (const auto& [tenant, store] : *seen->most) stores.push_back(store);
  for (const auto& [tenant, store] : seen->latest) stores.push_back(store);
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
  if (!forgotten.empty()) ShowAllLocked();
  return forgotten;
}

}  // namespace clew::storage
