#include "storage/catalogue/damaged_blocks.h"

#include <algorithm>

#include "base/logging.h"

namespace clew::storage {
namespace {

/// Of damaged blocks; asked only when that changes.
double CountOf(const std::map<std::string, bool, std::less<>>& is_damaged) {
  return static_cast<double>(std::ranges::count_if(
      is_damaged, [](const auto& entry) { return entry.second && !entry.first.empty(); }));
}

}  // namespace

DamagedBlocks::DamagedBlocks(base::Metrics& metrics)
    : gauge_(metrics.Gauge("clew_storage_damaged_blocks",
                           "Open blocks of which a query found a piece damaged.")) {
  gauge_.Set(0);  // it may have counted for the store before a reload
}

void DamagedBlocks::Add(std::string_view block, const Error& error) {
  const bool is_damage = error.code == Code::kDataLoss;
  {
    const std::scoped_lock lock(mutex_);
    auto entry = is_damaged_.find(block);
    const bool is_new = entry == is_damaged_.end();
    if (!is_new && (entry->second || !is_damage)) return;
    if (is_new) entry = is_damaged_.emplace(block, false).first;
    entry->second = is_damage;
    gauge_.Set(CountOf(is_damaged_));
  }
  base::Log(
      base::LogLevel::kError,
      "stored spans cannot be read and are left out; the rest answers. What else is amiss with "
      "the same block is not logged: `clew storage verify` names it",
      {{"block", std::string(block)}, {"error", error.message}});
}

void DamagedBlocks::Remove(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  const auto entry = is_damaged_.find(name);
  if (entry == is_damaged_.end()) return;
  is_damaged_.erase(entry);
  gauge_.Set(CountOf(is_damaged_));
}

}  // namespace clew::storage
