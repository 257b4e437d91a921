#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/vocabulary.h"
#include "storage/object_store/object_store.h"

namespace clew::storage {

/// Blocks that are there and could not be opened, and those that are gone though nobody here
/// deleted them. Those that are damaged stay here; those whose cause may pass (no descriptor, no
/// permission, a disk that does not answer, somebody who puts it back) are due again after a
/// second, then after twice as long, up to a minute; and after a hundred times as long as a try
/// took, up to ten minutes: a disk that fails can take half a minute to say so. Any thread. Grows
/// with the blocks on disk and in the inventory, a name and a message each.
class LeftOutBlocks {
 public:
  explicit LeftOutBlocks(base::Metrics& metrics);

  /// Called with each failure of the same block, or of a folder of blocks, whose name ends with
  /// '/'; it is named in the log of the process once. `took` is how long the try was.
  void Add(const ObjectInfo& object, const Error& error, Nanos now, Nanos took);
  /// Called each time that it is found to be gone. False when that was known.
  bool AddGone(const std::string& name, Nanos now);
  /// It was opened, or nobody waits for it any more.
  void Remove(const std::string& name);
  /// Those that are due at `now`, who waits longest first.
  std::vector<ObjectInfo> Due(Nanos now) const;
  bool Has(const std::string& name) const;
  bool IsGone(const std::string& name) const;
  /// Those that are gone have no size.
  std::vector<ObjectInfo> All() const;
  /// What answers to `tenant` lack: "block <name>: <why>", at most 20; how many there are besides
  /// is added to `unnamed_count`, unless it is null.
  std::vector<std::string> TextsOf(const TenantId& tenant, std::uint64_t* unnamed_count) const;

 private:
  struct Entry {
    std::uint64_t byte_size = 0;
    std::string message;
    bool may_pass = false;
    bool is_gone = false;
    Nanos delay{0};
    Nanos due_at{0};
  };

  static void Delay(Entry& entry, Nanos now, Nanos took);
  void UpdateGauges();  // under mutex_

  prometheus::Counter& quarantined_;
  prometheus::Gauge& left_out_;
  prometheus::Gauge& missing_;
  mutable std::mutex mutex_;
  std::map<std::string, Entry> entries_;
  std::size_t gone_count_ = 0;
};

}  // namespace clew::storage
