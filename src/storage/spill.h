#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
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
  /// Of all that is there. 0: nothing is laid aside, and what an earlier opening left goes.
  std::uint64_t bytes_max = std::uint64_t{4} << 30;
  /// So much of that disk is left free, twice: at the reserve itself retention deletes blocks.
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
/// is there is in the log, too, and what an earlier opening left is deleted. Read from any thread,
/// the rest from one at a time.
class Spill {
 public:
  /// They are read by `reading`, but from the place of `options`. Looks at nothing yet.
  Spill(SpillOptions options, const BlockReading& reading);

  bool is_on() const { return options_.objects != nullptr && options_.bytes_max > 0; }
  /// Deletes what an earlier opening left, once nobody reads it any more there; some hundred at a
  /// call. What cannot be deleted is tried again, and counts meanwhile.
  void Clear();
  /// RESOURCE_EXHAUSTED when the place has no room for so much.
  Status CheckRoom(std::uint64_t bytes) const;
  /// The same, and errors of the place.
  Result<SpilledBlock> Write(const WaitingBlock& block);
  /// The bytes of its object. DATA_LOSS when they are not what was written.
  Result<Bytes> Read(const SpilledBlock& spilled) const;
  /// It is not needed any more: once nobody reads it `on_end` is called, which is short and throws
  /// nothing, and DeleteReleased deletes it. Any thread.
  void Release(const SpilledBlock& spilled, std::function<void()> on_end);
  /// Some hundred at a call.
  void DeleteReleased();
  /// Of all that is there as far as is known: also of what could not be deleted. Any thread.
  std::uint64_t byte_size() const { return byte_size_; }

 private:
  Result<BlockPtr> Put(const WaitingBlock& block, const BlockObject& object);

  const SpillOptions options_;
  const BlockReading reading_;
  /// Size of what this opening put there, or may have, until it is deleted.
  std::map<std::string, std::uint64_t> own_;
  /// The same of what earlier openings left, once that is listed.
  std::map<std::string, std::uint64_t> left_;
  bool is_listed_ = false;
  /// Of both.
  std::atomic<std::uint64_t> byte_size_ = 0;
  /// Of those of own_ that are not needed.
  std::set<std::string> deletable_;
  /// Outlives this where readers do.
  const std::shared_ptr<ReleasedBlocks> released_ = std::make_shared<ReleasedBlocks>(nullptr);
};

}  // namespace clew::storage
