#include "storage/format/scan_cache.h"

#include <algorithm>
#include <utility>

namespace clew::storage {
namespace {

// Of directories and filters, however much the account has room for: what questions to thousands of
// blocks leave is of little use to the next one, and to read a directory again takes a millisecond.
constexpr std::uint64_t kAccountedBytesMax = 128u << 20;

}  // namespace

ScanCache::ScanCache(std::uint64_t bytes_max, base::Metrics& metrics)
    : bytes_max_(bytes_max),
      meters_{metrics.Counter("clew_query_cache_hits",
                              "Decoded columns that queries found in the cache."),
              metrics.Counter("clew_query_cache_misses",
                              "Decoded columns that queries had to read and decode."),
              metrics.Gauge("clew_query_cache_bytes", "Memory that the cache of columns holds.")} {}

ScanCache::ScanCache(base::MemoryAccount* account, const Meters& meters)
    : bytes_max_(kAccountedBytesMax), meters_(meters) {
  if (account != nullptr) hold_ = base::MemoryHold(*account);
}

std::uint64_t ScanCache::NewSourceIds(std::uint64_t count) {
  const std::scoped_lock lock(mutex_);
  return std::exchange(next_source_id_, next_source_id_ + count);
}

std::shared_ptr<const void> ScanCache::Find(const std::string& key) {
  const std::scoped_lock lock(mutex_);
  const auto found = index_.find(key);
  if (found == index_.end()) {
    meters_.misses.Increment();
    return nullptr;
  }
  meters_.hits.Increment();
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->value;
}

void ScanCache::Put(const std::string& key, std::shared_ptr<const void> value,
                    std::uint64_t byte_size) {
  // Most pages are small: what keeps them is more than they are. Three allocations and a node of
  // the list and of the table each.
  constexpr std::uint64_t kAllocations = 128;
  byte_size += sizeof(Entry) + 2 * key.size() + kAllocations;
  if (byte_size > bytes_max_) return;
  const std::scoped_lock lock(mutex_);
  if (index_.contains(key)) return;
  entries_.push_front({key, std::move(value), byte_size});
  index_[key] = entries_.begin();
  byte_size_ += byte_size;
  FitLocked();
}

void ScanCache::Fit() {
  const std::scoped_lock lock(mutex_);
  FitLocked();
}

void ScanCache::FitLocked() {
  const auto fits = [this] {
    hold_.ShrinkTo(std::min(hold_.bytes(), byte_size_));
    return byte_size_ <= bytes_max_ && hold_.TryGrow(byte_size_ - hold_.bytes());
  };
  while (!fits() && !entries_.empty()) {
    byte_size_ -= entries_.back().byte_size;
    index_.erase(entries_.back().key);
    entries_.pop_back();
  }
  meters_.bytes.Set(static_cast<double>(byte_size_));
}

}  // namespace clew::storage
