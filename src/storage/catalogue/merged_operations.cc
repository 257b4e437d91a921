#include "storage/catalogue/merged_operations.h"

#include <optional>

#include "storage/format/filter_reader.h"

namespace clew::storage {
namespace {

// Of a node of a map or a table, with the allocations of its texts.
constexpr std::uint64_t kNodeBytes = 150;

}  // namespace

MergedOperations::MergedOperations(base::MemoryAccount* account) {
  if (account != nullptr) hold_ = base::MemoryHold(*account);
}

std::uint64_t MergedOperations::MemoryOf(const Part& part) {
  return kNodeBytes + part.operations.capacity() * sizeof(part.operations.front());
}

// Its texts are in the list, too.
std::uint64_t MergedOperations::MemoryOf(const Operations::value_type& operation) {
  const auto& [service, name, kind] = operation.first;
  return 2 * (kNodeBytes + service.size() + name.size());
}

void MergedOperations::Add(const Block& block, Part& part) {
  std::optional<RollUp> roll_up = block.filters->ReadRollUp();
  if (!roll_up) return;
  std::uint64_t bytes = 0;
  part.operations.reserve(roll_up->size());
  for (scan::OperationCount& one : *roll_up) {
    Key key(std::move(one.service), std::move(one.name), one.kind);
    const auto [operation, is_new] = operations_.try_emplace(std::move(key));
    ++operation->second.block_count;
    operation->second.span_count += one.span_count;
    part.operations.emplace_back(operation, one.span_count);
    if (is_new) bytes += MemoryOf(*operation);
  }
  part.is_merged = true;
  list_ = nullptr;
  if (!hold_.TryGrow(bytes + MemoryOf(part))) TakeOut(part);
}

std::uint64_t MergedOperations::TakeOut(Part& part) {
  if (!part.is_merged) return 0;
  std::uint64_t bytes = MemoryOf(part);
  for (const auto& [operation, span_count] : part.operations) {
    operation->second.span_count -= span_count;
    if (--operation->second.block_count > 0) continue;
    bytes += MemoryOf(*operation);
    operations_.erase(operation);
  }
  part = Part{.operations = {}, .round = part.round};
  list_ = nullptr;
  return bytes;
}

void MergedOperations::DropOthersThan(std::uint64_t round) {
  for (auto entry = parts_.begin(); entry != parts_.end();) {
    if (entry->second.round == round) {
      ++entry;
    } else {
      hold_.ShrinkTo(hold_.bytes() - TakeOut(entry->second));
      entry = parts_.erase(entry);
    }
  }
}

MergedOperations::Found MergedOperations::Of(std::span<const BlockPtr> blocks) {
  const std::scoped_lock lock(mutex_);
  Found found;
  ++round_;
  for (const BlockPtr& block : blocks) {
    const auto [entry, is_new] = parts_.try_emplace(block->filters->id());
    entry->second.round = round_;
    if (is_new) Add(*block, entry->second);
    if (!entry->second.is_merged) found.others.push_back(block);
  }
  if (parts_.size() > blocks.size()) DropOthersThan(round_);
  if (list_ == nullptr) {
    auto list = std::make_shared<RollUp>();
    list->reserve(operations_.size());
    for (const auto& [key, merged] : operations_) {
      const auto& [service, name, kind] = key;
      list->push_back({service, name, kind, merged.span_count});
    }
    list_ = std::move(list);
  }
  found.operations = list_;
  return found;
}

}  // namespace clew::storage
