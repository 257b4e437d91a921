#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "storage/catalogue/damaged_blocks.h"
#include "storage/catalogue/inventory.h"
#include "storage/catalogue/known_blocks.h"
#include "storage/catalogue/left_out_blocks.h"
#include "storage/catalogue/released_blocks.h"
#include "storage/catalogue/retention.h"
#include "storage/format/block.h"
#include "storage/tenant_store.h"

namespace clew::storage {

/// Looks after the blocks on disk: opens them, tries again those that could not be opened,
/// remembers those that are gone until they are back, and deletes by retention. One thread at a
/// time; LeftOut from any.
///
/// A block that retention takes is out of the answers at once. Whoever has it last, mostly a query
/// that ends, has its object deleted, by the thread that maintains: not while somebody may read it
/// in an earlier opening of the store. After a crash before that, retention takes it again.
class BlockKeeper {
 public:
  struct Surroundings {
    const BlockReading& reading;
    const Clock& clock;
    base::Metrics& metrics;
    /// Called when there is something for DeleteCondemned, until StopWaking; short, any thread. May
    /// be empty.
    std::function<void()> wake = {};
  };
  BlockKeeper(const Surroundings& surroundings, const RetentionOptions& retention,
              std::string inventory_path, std::string known_blocks_path = {});

  /// Who is given a block that a whole one names as replaced hides it; it is not missed, and is
  /// deleted as what retention takes.
  using Add = std::function<void(const BlockPtr&)>;
  /// Lists all, and opens those of which not enough is known: that are new or changed, and those
  /// that `must_open`, which may be empty. Those that cannot be opened are left out, and so are
  /// those that are not there though the inventory has them: they are named, counted and stay in
  /// the inventory. An error when the blocks cannot be listed, or the inventory cannot be read
  /// though it may be sound; CANCELLED, with nothing written, when `ending` is asked for.
  using MustOpen = std::function<bool(const BlockMeta&)>;
  Status OpenAll(const Add& add, const std::stop_token& ending, const MustOpen& must_open = {});
  struct Retrying {
    /// Of all blocks that are open; asked once a round, and only when something is due.
    std::function<std::set<std::string>()> open_names;
    Add add;
    /// Asked between one try and the next, and while what is known is passed over.
    std::function<bool()> is_stopping;
  };
  /// Tries those again whose cause may have passed: one, and further ones while it has not taken
  /// long; who was not tried is, at one of the next calls. After a call that took long nothing is
  /// tried for ten times as long. Those that retention took do not return. Of those that are newly
  /// gone, and of those that are open again, some are named and the rest counted.
  void RetryLeftOut(const Retrying& with);
  /// What answers to this tenant lack, in words.
  std::vector<std::string> LeftOut(const TenantId& tenant, std::uint64_t* unnamed_count) const {
    return left_out_.TextsOf(tenant, unnamed_count);
  }
  /// Of open blocks; any thread.
  DamagedBlocks& damaged() { return damaged_; }

  struct Kept {
    std::shared_ptr<TenantStore> tenant;
    BlockPtr block;
  };
  /// Writes down that these are there, so that it shows when one is gone at the next start.
  void NoteBlocks(const std::vector<BlockPtr>& blocks);
  /// Takes those that retention is for out of the answers. `blocks` are all that answer. Those that
  /// are left out go by the same rules, if their names are of blocks; one that is gone, which takes
  /// no room, is forgotten then.
  void ApplyRetention(std::vector<Kept> blocks);
  /// What a block that was added names as replaced is deleted as what retention takes, and
  /// forgotten when it was left out. `hidden` are those that do not answer since it was added;
  /// itself, when one that was there before names it.
  void CondemnReplaced(const Block& by, std::span<const BlockPtr> hidden);
  /// Deletes those of them that nobody reads any more, once they are struck off the inventory;
  /// while that lacks the room, one at each call. True when that made room where blocks lie.
  bool DeleteCondemned();
  /// From any thread.
  void StopWaking() { released_->Close(); }

 private:
  struct Condemned {
    std::string name;
    std::uint64_t byte_size = 0;
    DeletionReason reason = DeletionReason::kAge;
    /// Those that it replaces go first: without it they would answer again after a crash.
    std::vector<std::string> replaces{};
    /// Held until DeleteCondemned looks, so that it does not end before.
    BlockUsePtr use;
    /// From then on, until it comes out of released_.
    bool is_read = false;
    bool is_failure_told = false;
    /// And struck off the list of them soon.
    bool is_deleted = false;
    /// Whether to delete it makes room on the disk of the store: not when it lies on another one,
    /// or on one that is not here now.
    bool frees_room = true;
    /// When it was condemned: then there is nothing to delete, unless it came back.
    bool was_gone = false;
  };

  Result<Inventory::Found> LoadInventory(bool has_blocks);
  /// By the names of those that are opened, whom they replace.
  using Replaces = std::map<std::string, std::vector<std::string>>;
  void CondemnReplaced(Replaces replaces, const std::vector<ObjectInfo>& objects,
                       std::map<std::string, std::uint64_t>& noted);
  bool IsCondemned(const std::string& name) const;
  /// As List gave it. Null when it is left out now; NOT_FOUND when it is gone, another error never.
  Result<BlockPtr> OpenListed(const ObjectInfo& listed);
  /// Null when it has to be opened.
  BlockPtr Known(const ObjectInfo& object, const MustOpen& must_open) const;
  void NoteListed(std::map<std::string, std::uint64_t> noted);
  class NamedFew;
  struct Round;
  void RetryDue(const std::vector<ObjectInfo>& due, Round& round);
  /// Gives false when it ended before all were tried.
  bool RetryFolder(const std::string& name, Round& round);
  void LeaveFolderOut(const std::string& name, Error error, Nanos begun);
  void LeaveOut(const ObjectInfo& object, const Error& error, Nanos begun);
  void RetryListed(const ObjectInfo& listed, Round& round);
  void NoteGone(const std::string& name, Round& round);
  static void ReportMissing(const std::map<std::string, std::uint64_t>& missing);
  struct Deletable;
  std::vector<Deletable> OldestFirst(std::vector<Kept> blocks) const;
  void Condemn(const Deletable& block, DeletionReason reason);
  void CondemnLeftOut(const Deletable& block, DeletionReason reason);
  void NoteReleased();
  void DeleteForRoom(NamedFew& failed);
  bool DeleteNow(Condemned& condemned, NamedFew& failed);
  void WriteInventory();
  /// Condemned::frees_room; while all objects are away, as it was told `before`.
  bool WillFreeRoom(const std::string& name, bool before) const;
  /// That deleting them will free.
  std::uint64_t CondemnedBytes() const;
  prometheus::Counter& DeletedBlocks(DeletionReason reason);

  const Surroundings with_;
  prometheus::Counter& failed_;
  prometheus::Gauge& condemned_count_;
  LeftOutBlocks left_out_;
  DamagedBlocks damaged_;
  Retention retention_;
  Inventory inventory_;
  KnownBlocks known_;
  std::vector<Condemned> condemned_;
  /// Outlives this where readers do.
  const std::shared_ptr<ReleasedBlocks> released_;
  Nanos retry_at_{0};
  /// Whether what was condemned is struck off for good.
  Status written_;
};

}  // namespace clew::storage
