#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/memory_budget.h"
#include "storage/format/block.h"
#include "storage/format/roll_up.h"

namespace clew::storage {

/// The operations of many blocks as one list, for whoever asks for names again and again: the
/// roll-up of a block is read once, and added or taken out as blocks come and go. Any thread.
///
/// Grows with the operations of the blocks; those for which `account` has no room are not merged.
class MergedOperations {
 public:
  /// Null: no limit. It outlives this.
  explicit MergedOperations(base::MemoryAccount* account);

  struct Found {
    /// Each operation once, by service, name and kind.
    std::shared_ptr<const RollUp> operations;
    /// Those of the blocks whose operations are not among them.
    std::vector<BlockPtr> others;
  };
  /// Of these blocks, each once. Roll-ups that were not read before are read here, which whoever
  /// else asks waits for.
  Found Of(std::span<const BlockPtr> blocks);

 private:
  using Key = std::tuple<std::string, std::string, std::int32_t>;
  struct Merged {
    std::uint64_t block_count = 0;
    std::uint64_t span_count = 0;
  };
  using Operations = std::map<Key, Merged>;
  /// What a block adds.
  struct Part {
    std::vector<std::pair<Operations::iterator, std::uint64_t>> operations;  // with its spans
    bool is_merged = false;
    std::uint64_t round = 0;
  };

  static std::uint64_t MemoryOf(const Part& part);
  static std::uint64_t MemoryOf(const Operations::value_type& operation);
  /// Under mutex_, as those that follow.
  void Add(const Block& block, Part& part);
  /// Gives how much memory that frees, of what Add held for it.
  std::uint64_t TakeOut(Part& part);
  void DropOthersThan(std::uint64_t round);

  std::mutex mutex_;
  base::MemoryHold hold_;
  std::uint64_t round_ = 0;
  std::unordered_map<std::uint64_t, Part> parts_;  // by FilterReader::id
  Operations operations_;
  /// Null when it is to be made anew.
  std::shared_ptr<const RollUp> list_;
};

}  // namespace clew::storage
