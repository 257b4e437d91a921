#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/metrics.h"
#include "base/worker_pool.h"
#include "storage/failure_episode.h"
#include "storage/tenant_store.h"

namespace clew::storage {

/// Has the tenants seal their spans and write blocks, a round of it now and then, several tenants
/// at once. Whoever fails holds up no other, and a round in which all fail ends soon. One
/// maintenance thread at a time.
class Sealer {
 public:
  /// All of it outlives the sealer.
  struct Surroundings {
    const Clock& clock;
    /// Bytes of what all tenants have in no block yet, and how many there may be.
    const std::atomic<std::uint64_t>& head_bytes;
    std::uint64_t head_bytes_max;
    /// Where it is done, beside the calling thread; may be null.
    base::WorkerPool* workers;
    /// Counts the failures.
    prometheus::Counter& failed;
    /// A round ends early then. Any thread.
    std::function<bool()> is_stopping;
  };
  using Tenants = std::vector<std::shared_ptr<TenantStore>>;

  explicit Sealer(const Surroundings& surroundings) : with_(surroundings) {}

  /// What is full, of some tenants what has waited long enough, and all there is of as many as it
  /// takes when the head is nearly full. An error was logged, with others of the round in one line.
  Status Seal(const Tenants& tenants);
  /// All there is, also when it is stopping.
  Status SealAll(const Tenants& tenants);

  /// Blocks should be written that are not full. Any thread.
  bool IsHeadTight() const { return with_.head_bytes >= with_.head_bytes_max / 4 * 3; }

 private:
  enum class Stopping { kEndsIt, kIsIgnored };

  /// Gives how many failed, which EndRound() tells.
  std::size_t Maintain(std::span<const std::shared_ptr<TenantStore>> tenants,
                       TenantStore::Extent extent, Stopping stopping = Stopping::kEndsIt);
  /// False when it failed.
  bool Note(TenantStore& tenant, TenantStore::Extent extent, Result<std::size_t> block_count);
  void MaintainDue(const Tenants& tenants);
  void RelieveHead(const Tenants& tenants);
  Status EndRound();

  const Surroundings with_;
  std::uint64_t failure_count_ = 0;

  // Of this round.
  Status status_;
  std::uint64_t failed_count_ = 0;
  std::optional<Error> news_;  // the first failure of a tenant that had none, or another

  FailureEpisode failures_{"spans could not be sealed into a block; trying again"};
};

}  // namespace clew::storage
