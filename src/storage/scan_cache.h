#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/metrics.h"
#include "base/vocabulary.h"

namespace clew::storage {

/// Checked pages, decoded columns, dictionaries and trace tables, least recently used first out, at
/// most `bytes_max`. Any thread; two threads that miss the same entry both load it.
class ScanCache {
 public:
  ScanCache(std::uint64_t bytes_max, base::Metrics& metrics);

  /// A number no other source has: the first half of its keys.
  std::uint64_t NewSourceId();

  template <typename T>
  struct Loaded {
    std::shared_ptr<const T> value;
    std::uint64_t byte_size;
  };

  /// The cached value, or what `load` gives. `what` tells the values of a source apart and always
  /// stands for the same T.
  template <typename T, typename Load>
  Result<std::shared_ptr<const T>> Get(std::uint64_t source_id, const std::string& what,
                                       Load load) {
    const std::string key = std::to_string(source_id) + ' ' + what;
    if (auto found = Find(key)) return std::static_pointer_cast<const T>(std::move(found));
    ASSIGN_OR_RETURN(Loaded<T> loaded, load());
    Put(key, loaded.value, loaded.byte_size);
    return std::move(loaded.value);
  }

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const void> value;
    std::uint64_t byte_size;
  };

  std::shared_ptr<const void> Find(const std::string& key);
  void Put(const std::string& key, std::shared_ptr<const void> value, std::uint64_t byte_size);

  const std::uint64_t bytes_max_;
  prometheus::Counter& hits_;
  prometheus::Counter& misses_;
  prometheus::Gauge& bytes_gauge_;
  std::mutex mutex_;
  std::uint64_t next_source_id_ = 0;
  std::uint64_t byte_size_ = 0;
  std::list<Entry> entries_;  // most recently used first
  std::unordered_map<std::string, std::list<Entry>::iterator> index_;
};

}  // namespace clew::storage
