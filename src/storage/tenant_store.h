#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "storage/catalogue/merged_names.h"
#include "storage/catalogue/tag_lists.h"
#include "storage/catalogue/trace_index.h"
#include "storage/format/block.h"
#include "storage/head/contents.h"
#include "storage/head/head.h"
#include "storage/head/waiting_block.h"

namespace clew::storage {

/// How much a tenant has where.
struct TenantFacts : HeadFacts {
  /// Sealed, and on their way into a block: in memory, where they count as sealed, too, and on
  /// disk.
  std::uint64_t waiting_block_count = 0;
  std::uint64_t waiting_bytes = 0;
  std::uint64_t spilled_block_count = 0;
  std::uint64_t spilled_span_count = 0;
  std::uint64_t spilled_bytes = 0;
  std::uint64_t block_count = 0;
  std::uint64_t block_span_count = 0;
  std::uint64_t block_bytes = 0;

  TenantFacts& operator+=(const TenantFacts& other);
};

/// Where the operations of a tenant are found.
struct Names {
  /// Of many blocks, each once.
  std::shared_ptr<const RollUp> merged;
  /// The others have to be asked.
  std::vector<scan::SpanSourcePtr> others;
};

/// The same of its tags.
struct TagNames {
  std::shared_ptr<const std::vector<TagTotal>> merged;
  std::vector<scan::SpanSourcePtr> others;
};

/// All spans of one tenant: its head, what waits to be written, and its blocks. Add and what
/// queries ask from any thread, and those wait for nobody who adds; the rest from one maintenance
/// thread at a time. A span is in exactly one of them at any moment that is seen.
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
    /// The same of what is handed over, until it is written.
    std::atomic<std::uint64_t>& waiting_bytes;
    /// What holds names of blocks counts there; may be null.
    base::MemoryAccount* directory_memory;
    /// Below it each tenant has the folder of its index of traces; empty: there is none.
    const std::string& trace_index_directory;
    /// Gets what a block is to be made of. Any thread.
    std::function<void(WaitingBlockPtr block)> hand_over;
    /// Where row groups are sealed, beside the calling thread; may be null.
    base::WorkerPool* workers = nullptr;
  };
  TenantStore(TenantId tenant, const Surroundings& surroundings);

  /// See Head::Add.
  void Add(model::SpanColumnsPtr columns, const RowGroupSize& size, HeldRecords records) {
    head_.Add(std::move(columns), size, std::move(records));
  }
  /// They are WithoutRanges, as they are kept. Whom a block that is whole names as replaced does
  /// not answer beside it, whichever came first: gives those that do not.
  std::vector<BlockPtr> AddBlocks(std::span<const BlockPtr> blocks);

  /// Everything there is, at one moment.
  std::vector<scan::SpanSourcePtr> Sources() const;
  /// The same without the blocks that have nothing of these traces.
  Result<std::vector<scan::SpanSourcePtr>> SourcesOf(std::span<const TraceId> ids,
                                                     const scan::StopCheck& check) const;
  /// What operations there are, at one moment.
  Result<Names> OperationNames(const scan::StopCheck& check) const;
  /// What tags, and their values, as of TagLists.
  Result<TagNames> Tags(const TimeRange& range, const scan::StopCheck& check) const;
  Result<std::vector<scan::SpanSourcePtr>> TagValues(const TimeRange& range,
                                                     const TagQuestion& question,
                                                     const TagValueVisitor& visit,
                                                     const scan::StopCheck& check) const;
  TenantFacts facts() const;
  std::vector<BlockPtr> blocks() const { return contents_->Take().blocks(); }
  /// Names of all blocks, also of those that may be being written now.
  void AddBlockNames(std::set<std::string>& names) const;
  /// Memory of what is not handed over yet.
  std::uint64_t head_bytes() const { return head_.byte_size(); }

  /// Joins small batches, seals row groups and hands over blocks: those that are full, or also what
  /// has waited long enough, or everything there is at the time of the call.
  enum class Extent { kWhatIsFull, kWhatIsDue, kAll };
  void Maintain(Extent extent);
  /// Since when the oldest of what is here waits, when that is long enough for its block; by the
  /// monotonic clock.
  std::optional<Nanos> BlockDueSince() const;
  /// Takes the blocks out of the answers. Those who have their sources may go on reading.
  void RemoveBlocks(std::span<const BlockPtr> blocks);
  /// Has the index of traces follow the blocks; see TraceIndex::Maintain.
  void IndexTraces(const std::function<bool()>& is_stopping);
  /// True when something is not handed over yet.
  bool has_head() const { return !head_.is_empty(); }
  /// True when there is nothing, neither in the head nor in blocks.
  bool is_empty() const;

 private:
  std::size_t GroupsUntilBlockIsFull() const;
  bool CutBlock(Extent extent);

  const TenantId tenant_;
  const Surroundings with_;

  /// What waits keeps it, too.
  const std::shared_ptr<Contents> contents_ = std::make_shared<Contents>();
  Head head_;
  mutable MergedOperations operations_;
  mutable TagLists tags_;
  TraceIndex traces_;
};

}  // namespace clew::storage
