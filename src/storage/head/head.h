#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/worker_pool.h"
#include "storage/format/row_group.h"
#include "storage/format/scan_cache.h"
#include "storage/head/contents.h"
#include "storage/head/fresh_batch.h"
#include "storage/head/held_records.h"
#include "storage/head/seal_options.h"

namespace clew::storage {

/// How much a head has.
struct HeadFacts {
  std::uint64_t fresh_batch_count = 0;
  std::uint64_t fresh_span_count = 0;
  std::uint64_t fresh_bytes = 0;
  std::uint64_t sealed_span_count = 0;
  std::uint64_t sealed_bytes = 0;
};

/// The newest spans of a tenant, in memory until a block has them: fresh batches as they came, and
/// row groups that were sealed of those. Each part holds its records in the log; those that are
/// here when the head is destroyed are given back. What queries see of it stands in the Contents of
/// the tenant. Add and facts from any thread; the rest from one maintenance thread at a time, for
/// that alone takes parts out.
class Head {
 public:
  /// All of it outlives the head.
  struct Surroundings {
    const SealOptions& options;
    ScanCache& cache;
    const Clock& clock;
    /// Memory of what all heads hold; this one adds its part.
    std::atomic<std::uint64_t>& byte_size;
    /// Whose fresh batches and sealed row groups are this one's alone.
    Contents& contents;
    /// Where row groups are sealed, beside the calling thread; may be null.
    base::WorkerPool* workers = nullptr;
  };
  /// Sealed row groups, and what holds their records.
  struct Sealed {
    std::vector<std::shared_ptr<const RowGroup>> groups;
    HeldRecords records;
    std::uint64_t byte_size = 0;
  };

  explicit Head(const Surroundings& surroundings) : with_(surroundings) {}
  ~Head();
  Head(const Head&) = delete;
  Head& operator=(const Head&) = delete;

  /// Makes the batch, which is of `size`, searchable at once. `records` are held until it is in a
  /// block.
  void Add(model::SpanColumnsPtr columns, const RowGroupSize& size, HeldRecords records);
  /// `meanwhile`, which may be empty, is called while nothing comes into the head or leaves it.
  HeadFacts facts(const std::function<void()>& meanwhile = {}) const;
  std::uint64_t byte_size() const;
  bool is_empty() const;
  /// When the oldest that is here was added, by the monotonic clock.
  std::optional<Nanos> oldest_added_at() const;

  /// Where there are many small batches, makes few of them: a search pays for each.
  void JoinSmallBatches();
  std::size_t fresh_batch_count() const;
  /// Seals row groups of the first of the oldest `batch_count` fresh batches, as many as those fill
  /// and `group_count_max` and the cores of the machine allow, at the same time; and one of those
  /// that fill none, with `is_partial_too`. Gives how many batches it took, 0 for none.
  std::size_t SealRowGroups(std::size_t batch_count, bool is_partial_too,
                            std::size_t group_count_max);

  /// All that is sealed, up to records of another partition of the log, which is the caller's now:
  /// queries see it as what waits for the block of this name.
  Sealed HandOver(const std::string& name);

 private:
  struct Group {
    std::shared_ptr<const RowGroup> group;
    scan::SpanSourcePtr source;
    HeldRecords records;
    std::uint64_t byte_size;
    Nanos added_at;  // of its oldest batch
  };

  /// False when there was nothing to join.
  bool JoinSomeSmallBatches();
  Group Seal(const std::vector<FreshBatch>& taken) const;

  const Surroundings with_;
  mutable std::mutex mutex_;
  std::vector<FreshBatch> fresh_;
  std::vector<Group> groups_;
};

}  // namespace clew::storage
