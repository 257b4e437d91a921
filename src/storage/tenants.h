#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/published.h"
#include "storage/tenant_store.h"

namespace clew::storage {

/// Who has spans here. Any thread; Find and All wait for nobody who adds.
class Tenants {
 public:
  using Ptr = std::shared_ptr<TenantStore>;

  /// Of further ones than `count_max` Admit wants nothing. `make` makes the store of a tenant;
  /// short.
  Tenants(std::size_t count_max, std::function<Ptr(const TenantId& tenant)> make);

  /// Null when it has nothing.
  Ptr Find(const TenantId& tenant) const;
  /// Made when it is not there: for what was taken already.
  Ptr FindOrMake(const TenantId& tenant);
  /// Many at once, of tenants that need not be here: to make one costs as much as there are.
  void AddBlocks(const std::map<TenantId, std::vector<BlockPtr>>& blocks);
  /// As FindOrMake, but RESOURCE_EXHAUSTED when there are too many.
  Result<Ptr> Admit(const TenantId& tenant);
  std::vector<Ptr> All() const;
  /// Those that have something in no block yet.
  std::vector<Ptr> WithHead() const;
  std::size_t count() const;
  /// Forgets those that have nothing, and to whom nobody is about to add; gives them.
  std::vector<Ptr> ForgetIdle();

 private:
  using Stores = std::map<TenantId, Ptr>;
  /// What is shown of them. To copy all for each new one would cost as much as there are, while
  /// others wait to be admitted.
  struct Shown {
    std::shared_ptr<const Stores> most;
    /// Not among those.
    std::vector<std::pair<TenantId, Ptr>> latest;
  };

  Ptr FindOrMakeLocked(const TenantId& tenant);
  void ShowAllLocked();
  void ShowNewLocked(const TenantId& tenant, const Ptr& store);

  const std::size_t count_max_;
  const std::function<Ptr(const TenantId& tenant)> make_;
  mutable std::mutex mutex_;
  /// Who holds one besides may be about to add to it.
  Stores tenants_;
  /// The same for those that only look, as it last changed.
  base::Published<Shown> seen_;
};

}  // namespace clew::storage
