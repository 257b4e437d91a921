#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/memory_budget.h"
#include "base/metrics.h"
#include "base/vocabulary.h"
#include "storage/format/row_group_directory.h"

namespace clew::storage {

/// What was read for queries and may be read again, least recently used first out. Any thread; two
/// threads that miss the same entry both load it, and both go on with what one of them put here
/// first, so that what is held is what is counted.
///
/// Of row groups it has, and each byte of that once:
/// - pages of blocks as they are stored, checked: of numbers, codes, ids and lists of rows. A trace
///   takes a zone of each, a column to scan and a table of traces all of theirs, as parts.
/// - texts, a chunk each, and overflow pages, unpacked: nobody needs their pages, which are not
///   kept. A dictionary is its chunks.
/// - of a column to scan what its parts do not say: the row of each value where not every row has
///   one, where zones lie, where each text lies.
/// - of a table of traces where spans begin, and starts: sums over pages that are not kept.
/// - columns that are made of several, as starts and parents, and ids, which pages split: whole,
///   eight or sixteen bytes a value, beside such pages of theirs as queries take by themselves.
/// Of row groups in memory pages are theirs, so that what is kept of one is a copy, which counts.
class ScanCache {
 public:
  /// What tells the values of a source apart: a page, or what is made of one, by its offset, what
  /// is made of several by a name, which is not empty. Always stands for the same type.
  struct Key {
    std::uint64_t source_id = 0;
    std::uint64_t offset = 0;
    std::string name{};

    bool operator==(const Key&) const = default;
  };
  struct Meters {
    prometheus::Counter& hits;
    prometheus::Counter& misses;
    prometheus::Gauge& bytes;
  };

  /// At most `bytes_max`.
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
    /// What it holds of others, which `byte_size` does not count: they stay as long as it does.
    /// Where one of them is gone already, it is not kept.
    std::vector<Key> parts{};
  };

  /// The cached value, or what `load` gives, unless somebody else has put one here meanwhile.
  template <typename T, typename Load>
  Result<std::shared_ptr<const T>> Get(const Key& key, Load load) {
    if (auto found = Find(key)) return std::static_pointer_cast<const T>(std::move(found));
    ASSIGN_OR_RETURN(Loaded<T> loaded, load());
    if (!loaded.is_kept) return std::move(loaded.value);
    const Bytes kept = Put(key, Bytes(loaded.value, {}), loaded.byte_size, loaded.parts);
    return std::static_pointer_cast<const T>(kept.owner());
  }
  template <typename T, typename Load>
  Result<std::shared_ptr<const T>> Get(std::uint64_t source_id, std::string name, Load load) {
    return Get<T>(Key{.source_id = source_id, .name = std::move(name)}, std::move(load));
  }
  /// The cached value; null when it is not there, which is no miss.
  template <typename T>
  std::shared_ptr<const T> Known(const Key& key) {
    return Has(key) ? std::static_pointer_cast<const T>(Find(key)) : nullptr;
  }
  /// Whether there is such an entry now: it is not taken for a use of it.
  bool Has(const Key& key) const;

  /// Gives those of `pages` that are here; the others stay empty. The first `kept_count` are hits
  /// or misses: of the others something is made that is one itself.
  void FindPages(std::uint64_t source_id, std::span<const PageRef> pages, std::size_t kept_count,
                 std::span<Bytes> found);
  /// Keeps pages whose memory nothing else shares; empty ones are left out. Those that somebody
  /// else has put here meanwhile take the place of `bytes`.
  void PutPages(std::uint64_t source_id, std::span<const PageRef> pages, std::span<Bytes> bytes);

  /// Drops what the account has no room for any more, since its limit was lowered.
  void Fit();

 private:
  struct Entry {
    Key key;
    Bytes value;
    std::uint64_t byte_size = 0;
    /// Each used after this was, so that it is given up before them.
    std::vector<std::list<Entry>::iterator> parts{};
  };
  using Place = std::list<Entry>::iterator;
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };

  std::shared_ptr<const void> Find(const Key& key);
  /// Gives what was here already, else `value`.
  Bytes Put(const Key& key, Bytes value, std::uint64_t byte_size, std::span<const Key> parts);
  Bytes PutLocked(const Key& key, Bytes value, std::uint64_t byte_size, std::span<const Key> parts);
  const Entry* UseLocked(const Key& key);
  const Entry* CountedUseLocked(const Key& key);
  void FitLocked();

  const std::uint64_t bytes_max_;
  const Meters meters_;
  mutable std::mutex mutex_;
  base::MemoryHold hold_;
  std::uint64_t next_source_id_ = 0;
  std::uint64_t byte_size_ = 0;
  std::list<Entry> entries_;  // most recently used first
  std::unordered_map<Key, Place, KeyHash> index_;
};

}  // namespace clew::storage
