#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/worker_pool.h"
#include "storage/tenant_store.h"

namespace clew::storage {

/// Has the tenants seal their spans and hand over blocks, a round of it now and then, several
/// tenants at once. One maintenance thread at a time.
class Sealer {
 public:
  /// All of it outlives the sealer.
  struct Surroundings {
    const Clock& clock;
    /// Memory of what all tenants have not handed over, of what is handed over and in no block yet,
    /// and how much both together may be.
    const std::atomic<std::uint64_t>& head_bytes;
    const std::atomic<std::uint64_t>& waiting_bytes;
    std::uint64_t head_bytes_max;
    /// Where it is done, beside the calling thread; may be null.
    base::WorkerPool* workers;
    /// A round ends early then. Any thread.
    std::function<bool()> is_stopping;
  };
  using Tenants = std::vector<std::shared_ptr<TenantStore>>;

  explicit Sealer(const Surroundings& surroundings) : with_(surroundings) {}

  /// What is full, of some tenants what has waited long enough, and all there is of as many as it
  /// takes when the head is nearly full.
  void Seal(const Tenants& tenants);
  /// All there is, also when it is stopping.
  void SealAll(const Tenants& tenants);

  /// Blocks should be made that are not full. Any thread.
  bool IsHeadTight() const {
    return with_.head_bytes + with_.waiting_bytes >= with_.head_bytes_max / 4 * 3;
  }

 private:
  enum class Stopping { kEndsIt, kIsIgnored };

  void Maintain(std::span<const std::shared_ptr<TenantStore>> tenants, TenantStore::Extent extent,
                Stopping stopping = Stopping::kEndsIt);
  void MaintainDue(const Tenants& tenants);
  void RelieveHead(const Tenants& tenants);

  const Surroundings with_;
};

}  // namespace clew::storage
