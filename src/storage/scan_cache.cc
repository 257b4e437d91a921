#include "storage/scan_cache.h"

namespace clew::storage {

ScanCache::ScanCache(std::uint64_t bytes_max, base::Metrics& metrics)
    : bytes_max_(bytes_max),
      hits_(metrics.Counter("clew_query_cache_hits",
                            "Decoded columns that queries found in the cache.")),
      misses_(metrics.Counter("clew_query_cache_misses",
                              "Decoded columns that queries had to read and decode.")),
      bytes_gauge_(
          metrics.Gauge("clew_query_cache_bytes", "Memory that the cache of columns holds.")) {}

std::uint64_t ScanCache::NewSourceId() {
  const std::scoped_lock lock(mutex_);
  return next_source_id_++;
}

std::shared_ptr<const void> ScanCache::Find(const std::string& key) {
  const std::scoped_lock lock(mutex_);
  const auto found = index_.find(key);
  if (found == index_.end()) {
    misses_.Increment();
    return nullptr;
  }
  hits_.Increment();
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
  while (byte_size_ > bytes_max_) {
    byte_size_ -= entries_.back().byte_size;
    index_.erase(entries_.back().key);
    entries_.pop_back();
  }
  bytes_gauge_.Set(static_cast<double>(byte_size_));
}

}  // namespace clew::storage
