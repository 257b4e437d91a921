#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/random.h"
#include "scan/batch_source.h"
#include "storage/format/block.h"
#include "storage/format/row_group_size.h"

namespace clew::storage {

/// When fresh spans become row groups, and row groups a block.
struct SealOptions {
  std::uint64_t row_group_span_count = 65'536;
  std::uint64_t block_span_count = 524'288;
  /// Large spans: so much memory of fresh ones is a row group, so many bytes of those a block, also
  /// when the spans are fewer.
  std::uint64_t row_group_bytes = 256u << 20;
  std::uint64_t block_bytes = 256u << 20;
  /// Spans wait at most this long for their block.
  Nanos block_age_max{std::chrono::minutes(5)};
  RowGroupLimits row_group;
};

/// How much a tenant has where.
struct TenantFacts {
  std::uint64_t fresh_batch_count = 0;
  std::uint64_t fresh_span_count = 0;
  std::uint64_t fresh_bytes = 0;
  std::uint64_t sealed_span_count = 0;
  std::uint64_t sealed_bytes = 0;
  std::uint64_t block_count = 0;
  std::uint64_t block_span_count = 0;
  std::uint64_t block_bytes = 0;

  TenantFacts& operator+=(const TenantFacts& other);
};

/// All spans of one tenant: the head — fresh batches and sealed row groups in memory — and the
/// blocks. Add and Sources from any thread; the rest from one maintenance thread at a time. A span
/// is in exactly one of the three at any moment that Sources can see.
class TenantStore {
 public:
  /// What all tenants share; everything outlives the stores.
  struct Surroundings {
    const SealOptions& options;
    const BlockReading& reading;
    const Clock& clock;
    base::Random& random;
    /// The log that the records of Add() lie in.
    log::Identity log_identity;
    /// Bytes of what all tenants have in no block yet.
    std::atomic<std::uint64_t>& head_bytes;
    /// Called before a block is written that holds records up to `end`; on error it is not.
    std::function<Status(log::Position end)> before_block;
    /// Gets each block that is written; for the maintenance thread.
    std::vector<ObjectInfo>& written_blocks;
  };
  TenantStore(TenantId tenant, const Surroundings& surroundings);

  /// Makes the batch, which is of `size`, searchable at once. `where` is its record.
  void Add(model::SpanColumnsPtr columns, const RowGroupSize& size, const log::Appended& where);
  void AddBlock(const BlockPtr& block);

  /// Everything there is, at one moment.
  std::vector<scan::SpanSourcePtr> Sources() const;
  TenantFacts facts() const;
  std::vector<BlockPtr> blocks() const;
  /// Memory of what is in no block yet.
  std::uint64_t head_bytes() const;
  /// The first record that is not in a block yet; nothing when all are.
  std::optional<log::Position> FirstUnsafe() const;

  /// Joins small batches, seals row groups and writes blocks: those that are full, or also what has
  /// waited long enough, or everything there is at the time of the call. On error nothing is lost:
  /// it is tried again at the next call.
  enum class Extent { kWhatIsFull, kWhatIsDue, kAll };
  Status Maintain(Extent extent);
  /// Since when the oldest of what is here waits, when that is long enough for its block; by the
  /// monotonic clock.
  std::optional<Nanos> BlockDueSince() const;
  /// The maintenance thread's: when what was due could not be sealed, in the order of failures of
  /// all tenants, and why; 0 and nothing when it could.
  std::uint64_t last_failure = 0;
  std::optional<Code> failed_with;
  /// Takes the block out of the answers. Those who have its sources may go on reading.
  void RemoveBlock(const BlockPtr& block);
  /// True when something is in no block yet.
  bool has_head() const;
  /// True when there is nothing, neither in the head nor in blocks.
  bool is_empty() const;

 private:
  struct Fresh {
    std::shared_ptr<const scan::BatchSource> source;
    std::vector<LogRange> ranges;
    std::uint64_t byte_size;
    RowGroupSize size;
    Nanos added_at;
  };
  struct Sealed {
    std::shared_ptr<const RowGroup> group;
    scan::SpanSourcePtr source;
    std::vector<LogRange> ranges;
    std::uint64_t byte_size;
    Nanos added_at;  // of its oldest batch
  };

  bool Fits(const RowGroupSize& size) const;
  /// Those that are worth joining into one that is no larger than a row group; none when there are
  /// few.
  std::vector<Fresh> SmallBatches() const;
  /// False when there was nothing to join.
  bool JoinSmallBatches();
  /// Seals up to a row group of the first `batch_count` fresh batches; gives how many it took, 0
  /// when there is nothing due.
  std::size_t SealOne(Extent extent, std::size_t batch_count);
  Status CutBlock(Extent extent);
  Result<BlockPtr> WriteAndOpenBlock(const std::vector<Sealed>& sealed) const;
  std::optional<Nanos> OldestAddedAt() const;

  const TenantId tenant_;
  const Surroundings with_;

  mutable std::mutex mutex_;
  std::vector<Fresh> fresh_;
  std::vector<Sealed> sealed_;
  std::vector<BlockPtr> blocks_;
};

}  // namespace clew::storage
