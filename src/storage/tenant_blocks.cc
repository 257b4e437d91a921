#include <algorithm>
#include <set>
#include <string_view>

#include "storage/tenant_store.h"

/// Which blocks a tenant has: they come, replace others, and go.
namespace clew::storage {
namespace {

std::vector<BlockPtr> TakeReplaced(std::vector<BlockPtr>& all) {
  std::set<std::string_view> replaced;
  for (const BlockPtr& block : all) {
    if (block->is_damaged) continue;
    replaced.insert(block->meta.replaces.begin(), block->meta.replaces.end());
  }
  if (replaced.empty()) return {};
  const auto taken = std::ranges::stable_partition(
      all, [&](const BlockPtr& block) { return !replaced.contains(block->name); });
  std::vector<BlockPtr> hidden(taken.begin(), taken.end());
  all.erase(taken.begin(), taken.end());
  return hidden;
}

}  // namespace

std::vector<BlockPtr> TenantStore::AddBlocks(std::span<const BlockPtr> blocks) {
  std::vector<BlockPtr> hidden;
  contents_->Exchange({.blocks = [&](std::vector<BlockPtr>& all) {
    all.insert(all.end(), blocks.begin(), blocks.end());
    hidden = TakeReplaced(all);
  }});
  return hidden;
}

void TenantStore::AddBlockNames(std::set<std::string>& names) const {
  const Snapshot now = contents_->Take();
  for (const auto& part : now.waiting()) names.insert(part->name);
  for (const BlockPtr& block : now.blocks()) names.insert(block->name);
}

void TenantStore::IndexTraces(const std::function<bool()>& is_stopping) {
  traces_.Maintain(blocks(), is_stopping);
}

void TenantStore::RemoveBlocks(std::span<const BlockPtr> blocks) {
  const std::set<BlockPtr> removed(blocks.begin(), blocks.end());
  contents_->Exchange({.blocks = [&removed](std::vector<BlockPtr>& all) {
    std::erase_if(all, [&removed](const BlockPtr& block) { return removed.contains(block); });
  }});
}

}  // namespace clew::storage
