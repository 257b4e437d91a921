#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/metrics.h"
#include "base/vocabulary.h"

namespace clew::storage {

/// Open blocks of which a query could not read something. Any thread. Grows with the blocks on
/// disk, by a name each.
class DamagedBlocks {
 public:
  explicit DamagedBlocks(base::Metrics& metrics);

  /// An error of a source of `block`; empty: of what is in memory. It is named in the log of the
  /// process once a block, and once more when a block that could not be read turns out to be
  /// damaged; damaged ones are counted.
  void Add(std::string_view block, const Error& error);
  /// It is no more.
  void Remove(const std::string& name);

 private:
  prometheus::Gauge& gauge_;
  std::mutex mutex_;
  std::map<std::string, bool, std::less<>> is_damaged_;  // by block; empty: what is in memory
};

}  // namespace clew::storage
