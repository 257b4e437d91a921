#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/published.h"
#include "scan/span_source.h"
#include "storage/format/block.h"

namespace clew::storage {

using SourceList = std::vector<scan::SpanSourcePtr>;

/// What queries see of sealed row groups that wait to be written into a block.
struct WaitingPart {
  /// Of the block.
  std::string name;
  SourceList sources;
  std::uint64_t span_count = 0;
  /// What it takes of which.
  std::uint64_t memory_bytes = 0;
  std::uint64_t disk_bytes = 0;
};
/// What changes of one takes the place of the whole of it.
using WaitingParts = std::vector<std::shared_ptr<const WaitingPart>>;

/// What there is of a tenant at one moment. Immutable; shares, copies nothing. A span is in exactly
/// one of its parts.
class Snapshot {
 public:
  /// Adds what is in no block: fresh batches, sealed row groups, those that wait for their block.
  void AddHead(SourceList& sources) const;
  const WaitingParts& waiting() const { return *parts_->waiting; }
  const std::vector<BlockPtr>& blocks() const { return *parts_->blocks; }

 private:
  friend class Contents;
  /// A stretch of fresh batches, which is appended to while others read those before.
  struct Chunk {
    explicit Chunk(std::size_t capacity) : batches(capacity) {}
    SourceList batches;
    /// So many are there; never fewer again.
    std::atomic<std::size_t> count = 0;
  };
  struct Parts {
    /// All but the last are full.
    std::vector<std::shared_ptr<Chunk>> fresh;
    std::shared_ptr<const SourceList> sealed;
    std::shared_ptr<const WaitingParts> waiting;
    std::shared_ptr<const std::vector<BlockPtr>> blocks;
  };
  explicit Snapshot(std::shared_ptr<const Parts> parts);

  const std::shared_ptr<const Parts> parts_;
  /// Of the last chunk.
  const std::size_t last_count_;
};

/// What queries see of a tenant. Take from any thread, and it waits for nobody's work; those that
/// change it take turns.
///
/// To append a batch exchanges nothing: it takes its place in a chunk that snapshots share, and
/// only when that is full, twice as many fit into the next, and the list of chunks is exchanged. So
/// it costs the same however many there are. A snapshot that somebody has may see batches come,
/// never go: what takes some out puts the rest into a chunk of their own.
class Contents {
 public:
  Contents();

  Snapshot Take() const { return Snapshot(parts_.Take()); }

  void Append(scan::SpanSourcePtr batch);
  /// What takes the place of what there is, or is made of it; empty: that stays. The functions work
  /// on copies, without a lock, and again when somebody else was quicker.
  struct Change {
    std::shared_ptr<const SourceList> fresh{};
    std::shared_ptr<const SourceList> sealed{};
    std::function<void(WaitingParts& parts)> waiting{};
    std::function<void(std::vector<BlockPtr>& blocks)> blocks{};
  };
  /// Seen as one step.
  void Exchange(const Change& change);

 private:
  using Parts = Snapshot::Parts;
  using Chunk = Snapshot::Chunk;

  static std::shared_ptr<Chunk> ChunkOf(const SourceList& batches);
  /// Gives what was shown before. Under mutex_.
  std::shared_ptr<const Parts> Show(std::shared_ptr<const Parts> next);

  std::mutex mutex_;
  /// What is shown, for those that change it: they hold up nobody who takes it.
  std::shared_ptr<const Parts> now_;
  base::Published<Parts> parts_;
};

}  // namespace clew::storage
