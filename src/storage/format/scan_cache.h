#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/memory_budget.h"
#include "base/metrics.h"
#include "base/vocabulary.h"

namespace clew::storage {

/// What was read for queries and may be read again, least recently used first out. Any thread; two
/// threads that miss the same entry both load it.
class ScanCache {
 public:
  struct Meters {
    prometheus::Counter& hits;
    prometheus::Counter& misses;
    prometheus::Gauge& bytes;
  };

  /// For checked pages, decoded columns, dictionaries and trace tables: at most `bytes_max`.
  ScanCache(std::uint64_t bytes_max, base::Metrics& metrics);
  /// At most what `account` has room for, which outlives the cache; null: no limit.
  ScanCache(base::MemoryAccount* account, const Meters& meters);

  /// The first of `count` numbers that no other source has: the first half of its keys.
  std::uint64_t NewSourceIds(std::uint64_t count = 1);

  template <typename T>
  struct Loaded {
    std::shared_ptr<const T> value;
    std::uint64_t byte_size;
    /// False for what is not whole: it may be at the next try.
    bool is_kept = true;
  };

  /// The cached value, or what `load` gives. `what` tells the values of a source apart and always
  /// stands for the same T.
  template <typename T, typename Load>
  Result<std::shared_ptr<const T>> Get(std::uint64_t source_id, const std::string& what,
                                       Load load) {
    const std::string key = std::to_string(source_id) + ' ' + what;
    if (auto found = Find(key)) return std::static_pointer_cast<const T>(std::move(found));
    ASSIGN_OR_RETURN(Loaded<T> loaded, load());
    if (loaded.is_kept) Put(key, loaded.value, loaded.byte_size);
    return std::move(loaded.value);
  }

  /// Drops what the account has no room for any more, since its limit was lowered.
  void Fit();

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const void> value;
    std::uint64_t byte_size;
  };

  std::shared_ptr<const void> Find(const std::string& key);
  void Put(const std::string& key, std::shared_ptr<const void> value, std::uint64_t byte_size);
  void FitLocked();

  const std::uint64_t bytes_max_;
  const Meters meters_;
  std::mutex mutex_;
  base::MemoryHold hold_;
  std::uint64_t next_source_id_ = 0;
  std::uint64_t byte_size_ = 0;
  std::list<Entry> entries_;  // most recently used first
  std::unordered_map<std::string, std::list<Entry>::iterator> index_;
};

}  // namespace clew::storage
