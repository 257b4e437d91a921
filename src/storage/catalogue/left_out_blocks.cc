#include "storage/catalogue/left_out_blocks.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/logging.h"
#include "storage/format/block.h"

namespace clew::storage {
namespace {

constexpr Nanos kDelayMin = std::chrono::seconds(1);
constexpr Nanos kDelayMax = std::chrono::minutes(1);
constexpr Nanos kDelayOfSlowMax = std::chrono::minutes(10);
constexpr int kRestPerWork = 100;
constexpr std::size_t kTextsMax = 20;

}  // namespace

LeftOutBlocks::LeftOutBlocks(base::Metrics& metrics)
    : quarantined_(metrics.Counter("clew_storage_quarantined_blocks",
                                   "Blocks that could not be opened and were left out.")),
      left_out_(metrics.Gauge("clew_storage_left_out_blocks",
                              "Blocks that are left out now, since they cannot be opened.")),
      missing_(metrics.Gauge("clew_storage_missing_blocks",
                             "Blocks that are gone though clew did not delete them, and that "
                             "retention would still keep: answers say so.")) {
  UpdateGauges();  // they may have counted for the store before a reload
}

void LeftOutBlocks::UpdateGauges() {
  left_out_.Set(static_cast<double>(entries_.size() - gone_count_));
  missing_.Set(static_cast<double>(gone_count_));
}

void LeftOutBlocks::Delay(Entry& entry, Nanos now, Nanos took) {
  entry.delay = entry.delay == Nanos(0) ? kDelayMin : std::min(entry.delay * 2, kDelayMax);
  entry.due_at = now + std::max(entry.delay, std::min(took * kRestPerWork, kDelayOfSlowMax));
}

void LeftOutBlocks::Add(const ObjectInfo& object, const Error& error, Nanos now, Nanos took) {
  bool is_new = false;
  {
    const std::scoped_lock lock(mutex_);
    Entry& entry = entries_[object.name];
    if (entry.is_gone) --gone_count_;  // and is back in some way
    is_new = entry.message.empty() || std::exchange(entry.is_gone, false);
    entry.byte_size = object.size_bytes;
    entry.message = error.message;
    entry.may_pass = error.code != Code::kDataLoss;
    Delay(entry, now, took);
    UpdateGauges();
  }
  if (!is_new) return;
  quarantined_.Increment();
  const bool is_damaged = error.code == Code::kDataLoss;
  base::Log(base::LogLevel::kError,
            is_damaged ? "a block is damaged and is left out; the rest answers"
                       : "a block cannot be read and is left out, will retry; the rest answers",
            {{"block", object.name}, {"error", error.message}});
}

bool LeftOutBlocks::AddGone(const std::string& name, Nanos now) {
  const std::scoped_lock lock(mutex_);
  Entry& entry = entries_[name];
  const bool is_new = !entry.is_gone;
  if (is_new) {
    entry = {.message = fmt::format("block {}: it is gone, and clew did not delete it", name),
             .may_pass = true,
             .is_gone = true};
    ++gone_count_;
  }
  Delay(entry, now, Nanos(0));
  UpdateGauges();
  return is_new;
}

void LeftOutBlocks::Remove(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end()) return;
  if (found->second.is_gone) --gone_count_;
  entries_.erase(found);
  UpdateGauges();
}

std::vector<ObjectInfo> LeftOutBlocks::Due(Nanos now) const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::pair<Nanos, ObjectInfo>> due;
  for (const auto& [name, entry] : entries_) {
    if (entry.may_pass && entry.due_at <= now) {
      due.push_back({entry.due_at, {name, entry.byte_size}});
    }
  }
  std::ranges::stable_sort(due, {}, [](const auto& one) { return one.first; });
  std::vector<ObjectInfo> objects;
  for (auto& [due_at, object] : due) objects.push_back(std::move(object));
  return objects;
}

bool LeftOutBlocks::Has(const std::string& name) const {
  const std::scoped_lock lock(mutex_);
  return entries_.contains(name);
}

bool LeftOutBlocks::IsGone(const std::string& name) const {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(name);
  return found != entries_.end() && found->second.is_gone;
}

std::vector<ObjectInfo> LeftOutBlocks::All() const {
  const std::scoped_lock lock(mutex_);
  std::vector<ObjectInfo> all;
  for (const auto& [name, entry] : entries_) all.push_back({name, entry.byte_size});
  return all;
}

std::vector<std::string> LeftOutBlocks::TextsOf(const TenantId& tenant,
                                                std::uint64_t* unnamed_count) const {
  const std::string folder = fmt::format("{}{}/", kBlockPrefix, tenant.name());
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> texts;
  const auto add = [&](const Entry& entry) {
    if (texts.size() < kTextsMax) {
      // The message of an error of opening names the block already.
      texts.push_back(entry.message);
    } else if (unnamed_count != nullptr) {
      ++*unnamed_count;
    }
  };
  // What stands in the place of the folder hides all that was in it.
  const auto in_place = entries_.find(folder.substr(0, folder.size() - 1));
  if (in_place != entries_.end()) add(in_place->second);
  for (auto entry = entries_.lower_bound(folder);
       entry != entries_.end() && entry->first.starts_with(folder); ++entry) {
    add(entry->second);
  }
  return texts;
}

}  // namespace clew::storage
