#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "storage/catalogue/released_blocks.h"
#include "storage/head/waiting_block.h"

namespace clew::storage {

/// Where blocks are laid aside that wait too long to be written where they belong. All of it
/// outlives the spill.
struct SpillOptions {
  /// On a disk of this machine, for this alone; null: nothing is laid aside.
  ObjectStore* objects = nullptr;
  std::uint64_t bytes_max = 4u << 30;
  /// So much of that disk is left free.
  std::uint64_t disk_reserve_bytes = 0;
  /// What is free there; nothing when it cannot be told. May be empty.
  std::function<std::optional<std::uint64_t>()> free_disk_bytes;
};

/// A waiting block that lies on disk: the object that it will be, so that it answers as one.
struct SpilledBlock {
  BlockPtr block;
  /// Size and checksum of each of the pieces that it was written in.
  struct Piece {
    std::uint64_t length = 0;
    std::uint64_t checksum = 0;
  };
  std::vector<Piece> pieces;
};

/// Blocks laid aside on disk, so that the memory of what waits is given back. A scratch place: what
/// is there is in the log, too, and a start clears it. Write and Read from any thread, the rest
/// from one at a time.
class Spill {
 public:
  /// They are read by `reading`, but from the place of `options`.
  Spill(SpillOptions options, const BlockReading& reading);

  bool is_on() const { return options_.objects != nullptr; }
  /// Deletes what an earlier run left, once nobody reads it any more there. Does nothing when that
  /// is done.
  void Clear();
  /// RESOURCE_EXHAUSTED when the place is as full as it may be.
  Result<SpilledBlock> Write(const WaitingBlock& block);
  /// The bytes of its object. DATA_LOSS when they are not what was written.
  Result<Bytes> Read(const SpilledBlock& spilled) const;
  /// It is not needed any more: deleted by DeleteReleased, once nobody reads it.
  void Release(const SpilledBlock& spilled);
  void DeleteReleased();

 private:
  Status CheckRoom(std::uint64_t bytes) const;

  const SpillOptions options_;
  const BlockReading reading_;
  std::atomic<std::uint64_t> byte_size_ = 0;
  bool is_cleared_ = false;
  /// Outlives this where readers do.
  const std::shared_ptr<ReleasedBlocks> released_ = std::make_shared<ReleasedBlocks>(nullptr);
};

}  // namespace clew::storage
