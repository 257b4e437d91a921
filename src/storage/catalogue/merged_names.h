#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/memory_budget.h"
#include "storage/format/block.h"
#include "storage/format/roll_up.h"
#include "storage/format/tag_roll_up.h"

namespace clew::storage {

/// A tag, and how many values there are of it.
struct TagTotal {
  TagName name{};
  std::uint64_t value_count = 0;
};

/// What of a block is merged: a list whose items have a key and a count.
struct OperationItems {
  using Item = scan::OperationCount;
  using Key = std::tuple<std::string, std::string, std::int32_t>;

  /// Nothing when the block does not say.
  static std::optional<std::vector<Item>> Read(const Block& block);
  static std::pair<Key, std::uint64_t> Split(Item item);
  static Item Join(const Key& key, std::uint64_t count);
  static std::uint64_t TextBytes(const Key& key);
};
struct TagItems {
  using Item = TagTotal;
  using Key = TagName;

  static std::optional<std::vector<Item>> Read(const Block& block);
  static std::pair<Key, std::uint64_t> Split(Item item);
  static Item Join(const Key& key, std::uint64_t count);
  static std::uint64_t TextBytes(const Key& key) { return key.key.size(); }
};

/// The names of many blocks as one list, for whoever asks for them again and again: the roll-up of
/// a block is read once, and added or taken out as blocks come and go. Any thread.
///
/// Grows with the names of the blocks; those for which `account` has no room are not merged, nor
/// does it take more than a part of that, which others need, too.
template <typename Items>
class MergedNames {
 public:
  using Item = typename Items::Item;
  using List = std::vector<Item>;

  /// Null: no limit. It outlives this.
  explicit MergedNames(base::MemoryAccount* account);

  struct Found {
    /// Each once, by key, with the sum of its counts.
    std::shared_ptr<const List> names;
    /// Those of the blocks whose names are not among them.
    std::vector<BlockPtr> others;
  };
  /// Of these blocks, each once. What was not read before is read here, for which nobody else
  /// waits. `check` is asked between blocks; its error is the answer, and what was read until then
  /// is there for the next who asks. It may be empty.
  Result<Found> Of(std::span<const BlockPtr> blocks, const std::function<Status()>& check);

  /// Of the account, at most.
  static constexpr std::uint64_t kPartOfAccount = 4;

 private:
  using Key = typename Items::Key;
  struct Merged {
    std::uint64_t block_count = 0;
    std::uint64_t sum = 0;
  };
  using Names = std::map<Key, Merged>;
  /// What a block adds.
  struct Part {
    std::vector<std::pair<typename Names::iterator, std::uint64_t>> names{};  // with its count
    bool is_merged = false;
    std::uint64_t round = 0;
  };
  /// By FilterReader::id; nothing: the block does not say.
  using Read = std::vector<std::pair<std::uint64_t, std::optional<List>>>;

  static std::uint64_t MemoryOf(const Part& part);
  static std::uint64_t MemoryOf(const typename Names::value_type& name);
  /// Those of `blocks` that are not known yet, a few of them. Null when there are none: then the
  /// answer is made.
  std::optional<Found> Finish(std::span<const BlockPtr> blocks, std::vector<BlockPtr>* unread);
  void Add(Read read);
  // Under mutex_, as those that follow.
  void Add(List names, Part& part);
  bool TryHold(std::uint64_t bytes);
  /// Gives how much memory that frees, of what Add held for it.
  std::uint64_t TakeOut(Part& part);
  void DropOthersThan(std::uint64_t round);
  std::shared_ptr<const List> MakeList() const;

  base::MemoryAccount* const account_;
  std::mutex mutex_;
  base::MemoryHold hold_;
  std::uint64_t round_ = 0;
  std::unordered_map<std::uint64_t, Part> parts_;  // by FilterReader::id
  Names names_;
  /// Null when it is to be made anew.
  std::shared_ptr<const List> list_;
};

using MergedOperations = MergedNames<OperationItems>;
using MergedTags = MergedNames<TagItems>;
extern template class MergedNames<OperationItems>;
extern template class MergedNames<TagItems>;

}  // namespace clew::storage
