#include "storage/catalogue/merged_names.h"

#include <iterator>

#include "storage/format/filter_reader.h"

namespace clew::storage {
namespace {

// Of a node of a map or a table, with the allocations of its texts.
constexpr std::uint64_t kNodeBytes = 150;
// So many roll-ups are read before they are merged, for which others wait.
constexpr std::size_t kReadAtOnce = 16;

}  // namespace

std::optional<RollUp> OperationItems::Read(const Block& block) {
  return block.filters->ReadRollUp();
}

std::pair<OperationItems::Key, std::uint64_t> OperationItems::Split(Item item) {
  return {Key(std::move(item.service), std::move(item.name), item.kind), item.span_count};
}

OperationItems::Item OperationItems::Join(const Key& key, std::uint64_t count) {
  const auto& [service, name, kind] = key;
  return {service, name, kind, count};
}

std::uint64_t OperationItems::TextBytes(const Key& key) {
  return std::get<0>(key).size() + std::get<1>(key).size();
}

std::optional<std::vector<TagTotal>> TagItems::Read(const Block& block) {
  const auto tags = block.filters->ReadTags();
  if (tags == nullptr) return std::nullopt;
  std::vector<TagTotal> totals;
  totals.reserve(tags->size());
  for (const RolledTag& tag : *tags) totals.push_back({tag.name, tag.value_count});
  return totals;
}

std::pair<TagName, std::uint64_t> TagItems::Split(Item item) {
  return {std::move(item.name), item.value_count};
}

TagTotal TagItems::Join(const Key& key, std::uint64_t count) { return {key, count}; }

template <typename Items>
MergedNames<Items>::MergedNames(base::MemoryAccount* account) : account_(account) {
  if (account != nullptr) hold_ = base::MemoryHold(*account);
}

template <typename Items>
std::uint64_t MergedNames<Items>::MemoryOf(const Part& part) {
  return kNodeBytes + part.names.capacity() * sizeof(part.names.front());
}

// Its texts are in the list, too.
template <typename Items>
std::uint64_t MergedNames<Items>::MemoryOf(const typename Names::value_type& name) {
  return 2 * (kNodeBytes + Items::TextBytes(name.first));
}

template <typename Items>
bool MergedNames<Items>::TryHold(std::uint64_t bytes) {
  const bool is_too_much =
      account_ != nullptr && hold_.bytes() + bytes > account_->limit() / kPartOfAccount;
  return !is_too_much && hold_.TryGrow(bytes);
}

template <typename Items>
void MergedNames<Items>::Add(List names, Part& part) {
  std::uint64_t bytes = 0;
  part.names.reserve(names.size());
  // They ascend, and most blocks have the same: each is looked for behind the last one.
  auto near = names_.begin();
  for (Item& item : names) {
    auto [key, count] = Items::Split(std::move(item));
    const std::size_t count_before = names_.size();
    const auto name = names_.try_emplace(near, std::move(key));
    const bool is_new = names_.size() > count_before;
    near = std::next(name);
    ++name->second.block_count;
    name->second.sum += count;
    part.names.emplace_back(name, count);
    if (is_new) bytes += MemoryOf(*name);
  }
  part.is_merged = true;
  list_ = nullptr;
  if (!TryHold(bytes + MemoryOf(part))) TakeOut(part);
}

template <typename Items>
std::uint64_t MergedNames<Items>::TakeOut(Part& part) {
  if (!part.is_merged) return 0;
  std::uint64_t bytes = MemoryOf(part);
  for (const auto& [name, count] : part.names) {
    name->second.sum -= count;
    if (--name->second.block_count > 0) continue;
    bytes += MemoryOf(*name);
    names_.erase(name);
  }
  part = Part{.round = part.round};
  list_ = nullptr;
  return bytes;
}

template <typename Items>
void MergedNames<Items>::DropOthersThan(std::uint64_t round) {
  for (auto entry = parts_.begin(); entry != parts_.end();) {
    if (entry->second.round == round) {
      ++entry;
    } else {
      hold_.ShrinkTo(hold_.bytes() - TakeOut(entry->second));
      entry = parts_.erase(entry);
    }
  }
}

template <typename Items>
std::shared_ptr<const typename MergedNames<Items>::List> MergedNames<Items>::MakeList() const {
  auto list = std::make_shared<List>();
  list->reserve(names_.size());
  for (const auto& [key, merged] : names_) list->push_back(Items::Join(key, merged.sum));
  return list;
}

template <typename Items>
std::optional<typename MergedNames<Items>::Found> MergedNames<Items>::Finish(
    std::span<const BlockPtr> blocks, std::vector<BlockPtr>* unread) {
  const std::scoped_lock lock(mutex_);
  unread->clear();
  for (const BlockPtr& block : blocks) {
    if (!parts_.contains(block->filters->id())) unread->push_back(block);
    if (unread->size() == kReadAtOnce) break;
  }
  if (!unread->empty()) return std::nullopt;
  Found found;
  ++round_;
  for (const BlockPtr& block : blocks) {
    Part& part = parts_.at(block->filters->id());
    part.round = round_;
    if (!part.is_merged) found.others.push_back(block);
  }
  if (parts_.size() > blocks.size()) DropOthersThan(round_);
  if (list_ == nullptr) list_ = MakeList();
  found.names = list_;
  return found;
}

template <typename Items>
void MergedNames<Items>::Add(Read read) {
  const std::scoped_lock lock(mutex_);
  for (auto& [id, names] : read) {
    const auto [entry, is_new] = parts_.try_emplace(id);
    // Somebody else was quicker, or the block does not say.
    if (is_new && names) Add(*std::move(names), entry->second);
  }
}

// Who asks for other blocks, as they are older or newer ones, drops what is not theirs: it is read
// again, at most as often as somebody finishes.
template <typename Items>
Result<typename MergedNames<Items>::Found> MergedNames<Items>::Of(
    std::span<const BlockPtr> blocks, const std::function<Status()>& check) {
  std::vector<BlockPtr> unread;
  for (;;) {
    if (auto found = Finish(blocks, &unread)) return *std::move(found);
    Read read;
    Status status;
    for (const BlockPtr& block : unread) {
      if (check) status = check();
      if (!status) break;
      read.emplace_back(block->filters->id(), Items::Read(*block));
    }
    Add(std::move(read));
    if (!status) return std::unexpected(status.error());
  }
}

template class MergedNames<OperationItems>;
template class MergedNames<TagItems>;

}  // namespace clew::storage
