#include "storage/format/scan_cache.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace clew::storage {
namespace {

// Of directories and filters, however much the account has room for: what questions to thousands of
// blocks leave is of little use to the next one, and to read a directory again takes a millisecond.
constexpr std::uint64_t kAccountedBytesMax = 128u << 20;

}  // namespace

ScanCache::ScanCache(std::uint64_t bytes_max, base::Metrics& metrics)
    : bytes_max_(bytes_max),
      meters_{
          metrics.Counter("clew_query_cache_hits",
                          "Columns, and pages and texts of them, that queries found in the cache."),
          metrics.Counter("clew_query_cache_misses",
                          "Columns, and pages and texts of them, that queries had to read for "
                          "the cache."),
          metrics.Gauge("clew_query_cache_bytes", "Memory that the cache of columns holds.")} {}

ScanCache::ScanCache(base::MemoryAccount* account, const Meters& meters)
    : bytes_max_(kAccountedBytesMax), meters_(meters) {
  if (account != nullptr) hold_ = base::MemoryHold(*account);
}

std::uint64_t ScanCache::NewSourceIds(std::uint64_t count) {
  const std::scoped_lock lock(mutex_);
  return std::exchange(next_source_id_, next_source_id_ + count);
}

std::size_t ScanCache::KeyHash::operator()(const Key& key) const {
  // Asked for each key that is passed by: most have no name.
  const std::uint64_t number =
      (key.source_id * 0x9e3779b97f4a7c15 + key.offset) * 0xff51afd7ed558ccd;
  const std::uint64_t mixed = number ^ number >> 32;
  return key.name.empty() ? mixed : mixed ^ std::hash<std::string>()(key.name);
}

// Its parts are used, too, and after it.
const ScanCache::Entry* ScanCache::UseLocked(const Key& key) {
  const auto found = index_.find(key);
  if (found == index_.end()) return nullptr;
  const Place entry = found->second;
  entries_.splice(entries_.begin(), entries_, entry);
  for (const Place part : entry->parts) entries_.splice(entries_.begin(), entries_, part);
  return &*entry;
}

const ScanCache::Entry* ScanCache::CountedUseLocked(const Key& key) {
  const Entry* const entry = UseLocked(key);
  (entry == nullptr ? meters_.misses : meters_.hits).Increment();
  return entry;
}

std::shared_ptr<const void> ScanCache::Find(const Key& key) {
  const std::scoped_lock lock(mutex_);
  const Entry* const entry = CountedUseLocked(key);
  return entry == nullptr ? nullptr : entry->value.owner();
}

bool ScanCache::Has(const Key& key) const {
  const std::scoped_lock lock(mutex_);
  return index_.contains(key);
}

void ScanCache::FindPages(std::uint64_t source_id, std::span<const PageRef> pages,
                          std::size_t kept_count, std::span<Bytes> found) {
  const std::scoped_lock lock(mutex_);
  for (std::size_t i = 0; i < pages.size(); ++i) {
    if (pages[i].length == 0) continue;
    const Key key{.source_id = source_id, .offset = pages[i].offset};
    const Entry* const entry = i < kept_count ? CountedUseLocked(key) : UseLocked(key);
    if (entry != nullptr) found[i] = entry->value;
  }
}

void ScanCache::PutPages(std::uint64_t source_id, std::span<const PageRef> pages,
                         std::span<Bytes> bytes) {
  const std::scoped_lock lock(mutex_);
  for (std::size_t i = 0; i < pages.size(); ++i) {
    if (bytes[i].empty()) continue;
    const Key key{.source_id = source_id, .offset = pages[i].offset};
    bytes[i] = PutLocked(key, bytes[i], bytes[i].size(), {});
  }
}

Bytes ScanCache::Put(const Key& key, Bytes value, std::uint64_t byte_size,
                     std::span<const Key> parts) {
  const std::scoped_lock lock(mutex_);
  return PutLocked(key, std::move(value), byte_size, parts);
}

Bytes ScanCache::PutLocked(const Key& key, Bytes value, std::uint64_t byte_size,
                           std::span<const Key> parts) {
  // Most pages are small: what keeps them is more than they are. Three allocations and a node of
  // the list and of the table each.
  constexpr std::uint64_t kAllocations = 128;
  byte_size += sizeof(Entry) + sizeof(Key) + 2 * key.name.size() + parts.size() * sizeof(Place) +
               kAllocations;
  // Looked up once: each of the hundreds of pages of a trace comes here.
  const auto [place, is_new] = index_.try_emplace(key);
  if (!is_new) return place->second->value;
  const auto leave_out = [&] {
    index_.erase(place);
    return value;
  };
  if (byte_size > bytes_max_) return leave_out();
  std::vector<Place> places;
  places.reserve(parts.size());
  for (const Key& part : parts) {
    const auto found = index_.find(part);
    // It may name itself, which is not here yet.
    if (found == index_.end() || found == place) return leave_out();
    places.push_back(found->second);
  }
  entries_.push_front({key, value, byte_size, std::move(places)});
  place->second = entries_.begin();
  for (const Place part : entries_.front().parts) {
    entries_.splice(entries_.begin(), entries_, part);
  }
  byte_size_ += byte_size;
  FitLocked();
  return value;
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
