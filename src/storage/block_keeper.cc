#include "storage/block_keeper.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <set>
#include <utility>

#include "base/logging.h"
#include "storage/catalogue/damaged_file.h"

namespace clew::storage {
namespace {

// Sealing waits meanwhile, and for one more try, which may take a failing disk half a minute.
constexpr Nanos kRetryingMax = std::chrono::milliseconds(100);
constexpr int kRestPerSlowTry = 10;
// So many of a kind have a line each.
constexpr std::size_t kNamed = 20;

bool IsFolder(std::string_view name) { return name.ends_with('/'); }

// What has another name is not ours, even if it lies among the blocks.
bool IsBlockName(std::string_view name) { return CreatedAtOf(name).has_value(); }

// It may be taken away again.
Error NoBlock(const std::string& name, const Error& error) {
  return {Code::kUnavailable,
          fmt::format("{}: it is no block, and stands where a folder of blocks may belong: move it "
                      "away, and put the folder back ({})",
                      name, error.message),
          {}};
}

Error NotListed(const std::string& folder) {
  return {Code::kUnavailable, "folder " + folder + " cannot be listed", {}};
}

}  // namespace

/// Of many of a kind: the first are named in the process log, the rest is counted.
class BlockKeeper::NamedFew {
 public:
  NamedFew(base::LogLevel level, const char* each, const char* rest)
      : level_(level), each_(each), rest_(rest) {}
  void Tell(std::initializer_list<base::LogField> fields) {
    if (++count_ <= kNamed) base::Log(level_, each_, fields);
  }
  void TellRest() const {
    if (count_ > kNamed) base::Log(level_, rest_, {{"blocks", std::to_string(count_ - kNamed)}});
  }

 private:
  const base::LogLevel level_;
  const char* const each_;
  const char* const rest_;
  std::size_t count_ = 0;
};

BlockKeeper::BlockKeeper(const Surroundings& surroundings, const RetentionOptions& retention,
                         std::string inventory_path, std::string known_blocks_path)
    : with_(surroundings),
      failed_(with_.metrics.Counter("clew_storage_maintenance_failures",
                                    "Times that sealing, writing or deleting failed.")),
      condemned_count_(with_.metrics.Gauge(
          "clew_storage_condemned_blocks",
          "Blocks that retention took and that are deleted when nobody reads them any more.")),
      left_out_(with_.metrics),
      damaged_(with_.metrics),
      retention_(retention, with_.clock, with_.metrics),
      inventory_(std::move(inventory_path)),
      known_(std::move(known_blocks_path)),
      released_(std::make_shared<ReleasedBlocks>(with_.wake)) {
  // So that they are there, and zero, before anything is deleted.
  for (const auto reason : {DeletionReason::kAge, DeletionReason::kSize, DeletionReason::kDisk,
                            DeletionReason::kReplaced}) {
    DeletedBlocks(reason);
  }
}

prometheus::Counter& BlockKeeper::DeletedBlocks(DeletionReason reason) {
  const char* name = "age";
  if (reason == DeletionReason::kSize) name = "size";
  if (reason == DeletionReason::kDisk) name = "disk";
  if (reason == DeletionReason::kReplaced) name = "replaced";
  return with_.metrics.Counter(
      "clew_storage_deleted_blocks",
      "Blocks deleted by retention, or since another replaces them, by reason.",
      {{"reason", name}});
}

Status BlockKeeper::OpenAll(const Add& add, const std::stop_token& ending,
                            const MustOpen& must_open) {
  ASSIGN_OR_RETURN(const std::vector<ObjectInfo> objects, with_.reading.objects.List(kBlockPrefix));
  ASSIGN_OR_RETURN(const Inventory::Found found, LoadInventory(!objects.empty()));
  std::map<std::string, std::uint64_t> missing = MissingOf(found.blocks, objects);
  // What is gone stays noted, and so does what is in a folder that cannot be listed.
  std::map<std::string, std::uint64_t> noted = found.blocks;
  std::erase_if(noted, [](const auto& one) { return !IsBlockName(one.first); });
  known_.Load();
  Replaces replaces;
  // One that is damaged may lack what the others have, so it hides nothing.
  const auto add_one = [&](const BlockPtr& block) {
    if (!block->is_damaged && !block->meta.replaces.empty()) {
      replaces[block->name] = block->meta.replaces;
    }
    add(block);
  };
  for (const ObjectInfo& object : objects) {
    if (ending.stop_requested()) {
      return base::MakeError(Code::kCancelled,
                             "opening the blocks was given up: the process is asked to end");
    }
    // The size of what cannot be looked at stays as it was noted.
    if (IsBlockName(object.name)) {
      std::uint64_t& size = noted[object.name];
      if (object.size_bytes > 0) size = object.size_bytes;
    }
    if (const BlockPtr known = Known(object, must_open)) {
      add_one(known);
      continue;
    }
    const Nanos begun = with_.clock.Monotonic();
    const Result<BlockPtr> block = OpenListed(object);
    if (!block.has_value()) {
      LeaveOut(object, block.error(), begun);  // if it is still gone the next time, it is
    } else if (*block != nullptr) {
      known_.Add(**block);
      add_one(*block);
    }
  }
  for (const auto& [by, names] : replaces) {
    for (const std::string& name : names) missing.erase(name);
  }
  for (const auto& [name, size] : missing) left_out_.AddGone(name, with_.clock.Monotonic());
  ReportMissing(missing);
  CondemnReplaced(std::move(replaces), objects, noted);
  NoteListed(std::move(noted));
  return {};
}

// One that is replaced itself replaces what it names all the same: whoever replaces it has that,
// too.
void BlockKeeper::CondemnReplaced(Replaces replaces, const std::vector<ObjectInfo>& objects,
                                  std::map<std::string, std::uint64_t>& noted) {
  std::set<std::string> replaced;
  for (const auto& [by, names] : replaces) replaced.insert(names.begin(), names.end());
  for (const ObjectInfo& object : objects) {
    const std::string name = ByItsName(object).name;
    if (!replaced.contains(name)) continue;
    condemned_.push_back({.name = name,
                          .byte_size = object.size_bytes,
                          .reason = DeletionReason::kReplaced,
                          .replaces = std::move(replaces[name]),
                          .use = nullptr,
                          .frees_room = WillFreeRoom(name, /*before=*/true)});
  }
  for (const std::string& name : replaced) {
    noted.erase(name);
    left_out_.Remove(name);
  }
}

bool BlockKeeper::IsCondemned(const std::string& name) const {
  return std::ranges::any_of(
      condemned_, [&](const Condemned& one) { return one.name == name && !one.is_deleted; });
}

// Those that are hidden are named by a block that was here before when they are not by this one: by
// then it was not known that they are here.
void BlockKeeper::CondemnReplaced(const Block& by, std::span<const BlockPtr> hidden) {
  std::map<std::string, BlockPtr> replaced;
  for (const BlockPtr& block : hidden) replaced[block->name] = block;
  if (!by.is_damaged) {
    for (const std::string& name : by.meta.replaces) replaced.try_emplace(name);
  }
  if (replaced.empty()) return;
  for (const auto& [name, block] : replaced) {
    const bool is_here = block != nullptr || left_out_.Has(name) || inventory_.Has(name);
    if (is_here && !IsCondemned(name)) {
      condemned_.push_back({.name = name,
                            .byte_size = block ? block->byte_size : inventory_.SizeOf(name),
                            .reason = DeletionReason::kReplaced,
                            .replaces = block ? block->meta.replaces : std::vector<std::string>(),
                            .use = block ? block->use : nullptr,
                            .frees_room = WillFreeRoom(name, /*before=*/true),
                            .was_gone = left_out_.IsGone(name)});
    }
    left_out_.Remove(name);
    inventory_.Remove(name);
  }
  WriteInventory();
}

BlockPtr BlockKeeper::Known(const ObjectInfo& object, const MustOpen& must_open) const {
  std::optional<BlockFacts> facts = known_.Find(object);
  if (!facts || (must_open && must_open(facts->meta))) return nullptr;
  return MakeKnownBlock(with_.reading, object.name, *std::move(facts));
}

void BlockKeeper::NoteListed(std::map<std::string, std::uint64_t> noted) {
  known_.Write([&noted](const std::string& name) { return noted.contains(name); });
  written_ = inventory_.Replace(noted);
  if (!written_.has_value()) {
    base::Log(base::LogLevel::kWarn,
              "the inventory of blocks cannot be written; will retry, and until then no block is "
              "deleted, or one at a time when it is room that is missing",
              {{"error", written_.error().message}});
  }
}

Result<Inventory::Found> BlockKeeper::LoadInventory(bool has_blocks) {
  ASSIGN_OR_RETURN(Inventory::Found found, inventory_.Load(has_blocks));
  DamagedFiles(with_.metrics, kInventoryFileName);
  if (found.damages.empty()) return found;
  for (std::size_t i = 0; i < found.damages.size(); ++i) {
    if (i < kNamed) {
      ReportDamagedFile(with_.metrics, kInventoryFileName, found.damages[i]);
    } else {
      DamagedFiles(with_.metrics, kInventoryFileName).Increment();
    }
  }
  const Status kept = KeepDamagedFile(inventory_.path());
  base::Log(base::LogLevel::kError,
            kept.has_value() ? "the damaged inventory of blocks is kept as inventory.damaged and "
                               "made anew from what is there"
                             : "the damaged inventory of blocks is made anew",
            {{"places", std::to_string(found.damages.size())},
             {"error", kept.has_value() ? "" : kept.error().message}});
  return found;
}

Result<BlockPtr> BlockKeeper::OpenListed(const ObjectInfo& listed) {
  const Nanos begun = with_.clock.Monotonic();
  const ObjectInfo object = ByItsName(listed);
  if (IsFolder(object.name)) {
    LeaveFolderOut(object.name, NotListed(object.name), begun);
    return nullptr;
  }
  Result<BlockPtr> block = OpenBlock(with_.reading, object.name);
  if (block.has_value()) return block;
  if (block.error().code != Code::kNotFound) {
    if (block.error().code == Code::kDataLoss && !IsBlockName(object.name)) {
      block = std::unexpected(NoBlock(object.name, block.error()));
    }
    LeaveOut(object, block.error(), begun);
    return nullptr;
  }
  if (!IsFolder(listed.name)) return block;
  LeaveFolderOut(listed.name, NotListed(listed.name), begun);  // it is one, named as a block
  return nullptr;
}

void BlockKeeper::ReportMissing(const std::map<std::string, std::uint64_t>& missing) {
  NamedFew named(base::LogLevel::kError,
                 "a block is gone that clew did not delete: its spans are missing, and answers say "
                 "so until it is put back or retention would have deleted it",
                 "more blocks are gone that clew did not delete");
  for (const auto& [name, size] : missing) {
    named.Tell({{"block", name}, {"bytes", std::to_string(size)}});
  }
  named.TellRest();
}

/// What is known while left out blocks are tried again.
struct BlockKeeper::Round {
  const Retrying& with;
  Nanos begun;
  /// Those that are open, and those that retention took and a query may still read.
  std::set<std::string> known;
  NamedFew opened{base::LogLevel::kInfo, "a block that was left out can be read again",
                  "more blocks that were left out can be read again"};
  /// With the sizes that were noted.
  std::map<std::string, std::uint64_t> gone;
};

void BlockKeeper::RetryLeftOut(const Retrying& with) {
  const Nanos begun = with_.clock.Monotonic();
  if (begun < retry_at_) return;
  const std::vector<ObjectInfo> due = left_out_.Due(begun);
  if (due.empty()) return;
  Round round{.with = with, .begun = begun, .known = with.open_names(), .gone = {}};
  for (const Condemned& condemned : condemned_) round.known.insert(condemned.name);
  RetryDue(due, round);
  ReportMissing(round.gone);
  round.opened.TellRest();
  const Nanos ended = with_.clock.Monotonic();
  if (ended - begun > kRetryingMax) retry_at_ = ended + kRestPerSlowTry * (ended - begun);
}

void BlockKeeper::RetryDue(const std::vector<ObjectInfo>& due, Round& round) {
  for (const ObjectInfo& object : due) {
    if (round.with.is_stopping()) return;
    const bool is_first = &object == &due.front();
    if (!is_first && with_.clock.Monotonic() - round.begun >= kRetryingMax) return;
    if (!IsFolder(object.name)) {
      if (!round.known.contains(object.name)) RetryListed(object, round);
    } else if (!RetryFolder(object.name, round)) {
      return;
    }
  }
}

bool BlockKeeper::RetryFolder(const std::string& name, Round& round) {
  const Nanos begun = with_.clock.Monotonic();
  Result<std::vector<ObjectInfo>> listed = with_.reading.objects.List(name);
  if (!listed.has_value() && listed.error().code == Code::kFailedPrecondition) {
    listed = std::vector<ObjectInfo>();  // it is no folder
  }
  if (!listed.has_value()) {
    LeaveFolderOut(name, listed.error(), begun);
    return true;
  }
  // As long as listing it took at least: else a large one would be listed for every few blocks.
  const Nanos listed_at = with_.clock.Monotonic();
  const Nanos until = std::max(round.begun + kRetryingMax, listed_at + (listed_at - begun));
  bool is_first = true;
  for (const ObjectInfo& each : *listed) {
    if (round.with.is_stopping()) return false;
    const std::string block_name = ByItsName(each).name;
    if (round.known.contains(block_name) || left_out_.Has(block_name)) continue;
    if (left_out_.Has(each.name)) continue;
    // It stays due, and the next time those that are open now are passed over.
    if (!std::exchange(is_first, false) && with_.clock.Monotonic() >= until) return false;
    RetryListed(each, round);
  }
  std::map<std::string, std::uint64_t> gone = MissingOf(inventory_.Below(name), *listed);
  // Or it is no folder, which could not be told.
  const std::string block_name = name.substr(0, name.size() - 1);
  if (!round.known.contains(block_name) && !left_out_.Has(block_name)) {
    const Result<ObjectInfo> object = with_.reading.objects.Stat(block_name);
    if (object.has_value()) {
      RetryListed(*object, round);
    } else if (object.error().code != Code::kNotFound &&
               object.error().code != Code::kInvalidArgument) {  // no object has such a name
      LeaveFolderOut(name, object.error(), begun);
      return true;
    } else if (inventory_.Has(block_name)) {
      gone.emplace(block_name, 0);
    }
  }
  left_out_.Remove(name);
  for (const auto& [block, size] : gone) {
    if (!round.known.contains(block)) NoteGone(block, round);
  }
  return true;
}

// Whatever its code: what is damaged for good is a block, and what is in a folder is not known.
void BlockKeeper::LeaveFolderOut(const std::string& name, Error error, Nanos begun) {
  error.code = Code::kUnavailable;
  LeaveOut({name, 0}, error, begun);
}

void BlockKeeper::LeaveOut(const ObjectInfo& object, const Error& error, Nanos begun) {
  const Nanos now = with_.clock.Monotonic();
  left_out_.Add(object, error, now, now - begun);
}

void BlockKeeper::RetryListed(const ObjectInfo& listed, Round& round) {
  const Result<BlockPtr> block = OpenListed(listed);
  if (!block.has_value()) {
    NoteGone(listed.name, round);
    return;
  }
  if (*block == nullptr) return;
  const std::string& name = (*block)->name;
  round.known.insert(name);
  left_out_.Remove(name);
  // Of a folder that could not be listed.
  if (IsBlockName(name)) {
    inventory_.Add(name, (*block)->byte_size);
    known_.Add(**block);
  }
  // Behind that, as one that is hidden is struck off again.
  round.with.add(*block);
  round.opened.Tell({{"block", name}});
}

void BlockKeeper::NoteGone(const std::string& name, Round& round) {
  if (!IsBlockName(name)) return left_out_.Remove(name);
  const bool is_new = left_out_.AddGone(name, with_.clock.Monotonic());
  if (is_new) round.gone[name] = inventory_.SizeOf(name);
}

void BlockKeeper::NoteBlocks(const std::vector<BlockPtr>& blocks) {
  for (const BlockPtr& block : blocks) {
    inventory_.Add(block->name, block->byte_size);
    known_.Add(*block);
  }
  WriteInventory();
  known_.Write([this](const std::string& name) { return inventory_.Has(name); });
}

/// A block that answers, or the object of one that is left out.
struct BlockKeeper::Deletable {
  Retention::Candidate candidate;
  Kept kept;
  std::string left_out_name;

  const std::string& name() const { return kept.block ? kept.block->name : left_out_name; }
};

std::vector<BlockKeeper::Deletable> BlockKeeper::OldestFirst(std::vector<Kept> blocks) const {
  std::vector<Deletable> deletable;
  deletable.reserve(blocks.size());
  for (Kept& kept : blocks) {
    const Retention::Candidate candidate{kept.block->meta.created_at, kept.block->byte_size};
    deletable.push_back({candidate, std::move(kept), {}});
  }
  for (ObjectInfo& object : left_out_.All()) {
    const std::optional<UnixNanos> created_at = CreatedAtOf(object.name);
    if (created_at) deletable.push_back({{*created_at, object.size_bytes}, {}, object.name});
  }
  std::ranges::sort(deletable, {}, [](const Deletable& one) { return one.candidate.created_at; });
  return deletable;
}

void BlockKeeper::ApplyRetention(std::vector<Kept> blocks) {
  const std::vector<Deletable> deletable = OldestFirst(std::move(blocks));
  std::vector<Retention::Candidate> candidates;
  candidates.reserve(deletable.size());
  for (const Deletable& block : deletable) candidates.push_back(block.candidate);
  const auto frees_room = [&](std::size_t index) {
    const Deletable& block = deletable[index];
    // One that is gone takes none, and is forgotten when its turn comes.
    if (block.kept.block == nullptr && left_out_.IsGone(block.left_out_name)) return true;
    return with_.reading.objects.FreesRoom(block.name());
  };
  NamedFew left_out(base::LogLevel::kWarn, "a block that was left out is deleted by retention",
                    "more blocks that were left out are deleted by retention");
  NamedFew gone(base::LogLevel::kWarn,
                "a block that is gone would be deleted by retention now, and is forgotten",
                "more blocks that are gone would be deleted by retention now, and are forgotten");
  // Of a tenant all at once: each time all that stay are copied.
  std::map<std::shared_ptr<TenantStore>, std::vector<BlockPtr>> removed;
  for (const auto& [index, reason] : retention_.Choose(candidates, CondemnedBytes(), frees_room)) {
    const Deletable& block = deletable[index];
    if (block.kept.block != nullptr) {
      Condemn(block, reason);
      removed[block.kept.tenant].push_back(block.kept.block);
    } else {
      (left_out_.IsGone(block.left_out_name) ? gone : left_out)
          .Tell({{"block", block.left_out_name}});
      CondemnLeftOut(block, reason);
    }
  }
  left_out.TellRest();
  gone.TellRest();
  for (const auto& [tenant, of_tenant] : removed) tenant->RemoveBlocks(of_tenant);
  WriteInventory();
}

void BlockKeeper::Condemn(const Deletable& block, DeletionReason reason) {
  const Kept& kept = block.kept;
  Condemned condemned{.name = kept.block->name,
                      .byte_size = block.candidate.byte_size,
                      .reason = reason,
                      .replaces = kept.block->meta.replaces,
                      .use = kept.block->use,
                      .frees_room = WillFreeRoom(kept.block->name, /*before=*/true)};
  inventory_.Remove(kept.block->name);
  condemned_.push_back(std::move(condemned));
}

void BlockKeeper::CondemnLeftOut(const Deletable& block, DeletionReason reason) {
  const std::string& name = block.left_out_name;
  // Also one that is gone: it may have come back.
  condemned_.push_back({.name = name,
                        .byte_size = block.candidate.byte_size,
                        .reason = reason,
                        .use = nullptr,
                        .frees_room = WillFreeRoom(name, /*before=*/true),
                        .was_gone = left_out_.IsGone(name)});
  left_out_.Remove(name);
  inventory_.Remove(name);
}

void BlockKeeper::WriteInventory() {
  const bool was_written = written_.has_value();
  written_ = inventory_.Write();
  if (written_.has_value()) return;
  failed_.Increment();
  // Once until it can be.
  if (!was_written) return;
  base::Log(base::LogLevel::kError,
            "the inventory of blocks cannot be written; will retry, and until then no block is "
            "deleted, or one at a time when it is room that is missing",
            {{"error", written_.error().message}});
}

// Of those that nobody else has nobody needs to tell.
void BlockKeeper::NoteReleased() {
  std::set<std::string> released;
  for (std::string& name : released_->Take()) released.insert(std::move(name));
  for (Condemned& condemned : condemned_) {
    if (released.contains(condemned.name)) condemned.is_read = false;
    if (condemned.use.use_count() > 1) {
      condemned.is_read = true;
      condemned.use->OnEnd(ReleasedBlocks::AdderOf(released_, condemned.name));
    }
    condemned.use.reset();
  }
}

bool BlockKeeper::DeleteCondemned() {
  const std::uint64_t byte_size = CondemnedBytes();
  NoteReleased();
  if (!condemned_.empty() && !with_.reading.objects.IsReadElsewhere()) {
    NamedFew failed(base::LogLevel::kError, "a block could not be deleted; trying again",
                    "more blocks could not be deleted; trying again");
    if (!written_.has_value() && written_.error().code == Code::kResourceExhausted) {
      DeleteForRoom(failed);
    }
    // What is not struck off would be missed at the next start.
    if (written_.has_value()) {
      for (Condemned& condemned : condemned_) condemned.is_deleted = DeleteNow(condemned, failed);
      std::erase_if(condemned_, [](const Condemned& condemned) { return condemned.is_deleted; });
    }
    failed.TellRest();
  }
  condemned_count_.Set(static_cast<double>(condemned_.size()));
  return CondemnedBytes() < byte_size;
}

// It is deleting that makes the room in which to strike off. One, so that no more are missed when
// the process ends in between.
void BlockKeeper::DeleteForRoom(NamedFew& failed) {
  const auto deleted = std::ranges::find_if(condemned_, [&](Condemned& condemned) {
    return with_.reading.objects.FreesRoom(condemned.name) && DeleteNow(condemned, failed);
  });
  if (deleted == condemned_.end()) return;
  condemned_.erase(deleted);
  WriteInventory();
}

bool BlockKeeper::DeleteNow(Condemned& condemned, NamedFew& failed) {
  const auto is_waiting = [this](const std::string& name) { return IsCondemned(name); };
  if (condemned.is_read || std::ranges::any_of(condemned.replaces, is_waiting)) return false;
  ObjectStore& objects = with_.reading.objects;
  const bool is_there = !condemned.was_gone || objects.Stat(condemned.name).has_value();
  const Status status = objects.Delete(condemned.name);
  if (!status.has_value()) {
    failed_.Increment();
    condemned.frees_room =
        WillFreeRoom(condemned.name, condemned.frees_room) &&
        (status.error().code != Code::kUnavailable || !objects.CheckReachable().has_value());
    // Once, though it is tried each second.
    if (!std::exchange(condemned.is_failure_told, true)) {
      failed.Tell({{"block", condemned.name}, {"error", status.error().message}});
    }
    return false;
  }
  damaged_.Remove(condemned.name);
  if (is_there) DeletedBlocks(condemned.reason).Increment();
  return true;
}

// What was chosen while nothing could be deleted is enough once all is back.
bool BlockKeeper::WillFreeRoom(const std::string& name, bool before) const {
  ObjectStore& objects = with_.reading.objects;
  return objects.CheckReachable().has_value() ? objects.FreesRoom(name) : before;
}

std::uint64_t BlockKeeper::CondemnedBytes() const {
  std::uint64_t bytes = 0;
  for (const Condemned& condemned : condemned_) {
    if (condemned.frees_room) bytes += condemned.byte_size;
  }
  return bytes;
}

}  // namespace clew::storage
