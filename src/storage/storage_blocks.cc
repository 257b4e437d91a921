#include <set>
#include <string>
#include <utility>
#include <vector>

#include "storage/storage.h"

/// What becomes of blocks that are there: tried again, deleted, indexed.
namespace clew::storage {

void Storage::RetryBlocks() {
  const auto open_names = [this] {
    std::set<std::string> names;
    for (const Tenants::Ptr& tenant : tenants_.All()) tenant->AddBlockNames(names);
    return names;
  };
  const auto add = [this](const BlockPtr& block) {
    const BlockPtr lean = WithoutRanges(block);
    const std::vector<BlockPtr> hidden =
        tenants_.FindOrMake(block->meta.tenant)->AddBlocks({&lean, 1});
    keeper_.CondemnReplaced(*block, hidden);
    replay_.NoteLateBlock(*block);
  };
  keeper_.RetryLeftOut({open_names, add, [this] { return is_stopping(); }});
}

void Storage::ApplyRetention() {
  const Nanos begun = clock_.Monotonic();
  if (retention_.IsDue(begun)) {
    std::vector<BlockKeeper::Kept> blocks = KeptBlocks();
    // Some may be published since the checkpoint; what the inventory is told only after it was
    // struck off would be missed.
    NoteWrittenBlocks();
    keeper_.ApplyRetention(std::move(blocks));
    retention_.WasDone(begun, clock_.Monotonic());
  }
  // What had no room may have some now.
  if (keeper_.DeleteCondemned()) retry_at_ = retry_delay_ = Nanos(0);
}

// Reads blocks: sealing comes first, and whoever has no turn within a second has it the next time.
void Storage::IndexTraces() {
  constexpr Nanos kTimeMax = std::chrono::seconds(1);
  const Nanos begun = clock_.Monotonic();
  if (!indexing_.IsDue(begun)) return;
  const auto is_over = [this] { return is_stopping() || sealer_.IsHeadTight(); };
  const std::vector<Tenants::Ptr> tenants = tenants_.All();
  for (std::size_t i = 0; i < tenants.size(); ++i) {
    if (is_over() || clock_.Monotonic() - begun > kTimeMax) break;
    tenants[next_indexed_++ % tenants.size()]->IndexTraces(is_over);
  }
  indexing_.WasDone(begun, clock_.Monotonic());
}

std::vector<BlockKeeper::Kept> Storage::KeptBlocks() const {
  std::vector<BlockKeeper::Kept> blocks;
  for (const Tenants::Ptr& tenant : tenants_.All()) {
    for (const BlockPtr& block : tenant->blocks()) blocks.push_back({tenant, block});
  }
  return blocks;
}

}  // namespace clew::storage
