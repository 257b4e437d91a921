#include "storage/head/contents.h"

#include <algorithm>
#include <utility>

namespace clew::storage {
namespace {

constexpr std::size_t kChunkMin = 16;

template <typename List>
std::shared_ptr<const List> Edited(const List& list, const std::function<void(List&)>& edit) {
  auto edited = std::make_shared<List>(list);
  edit(*edited);
  return edited;
}

}  // namespace

Snapshot::Snapshot(std::shared_ptr<const Parts> parts)
    : parts_(std::move(parts)),
      last_count_(
          parts_->fresh.empty() ? 0 : parts_->fresh.back()->count.load(std::memory_order_acquire)) {
}

void Snapshot::AddHead(SourceList& sources) const {
  for (const auto& chunk : parts_->fresh) {
    const bool is_last = chunk == parts_->fresh.back();
    const auto begin = chunk->batches.begin();
    const std::size_t count = is_last ? last_count_ : chunk->batches.size();
    sources.insert(sources.end(), begin, begin + static_cast<std::ptrdiff_t>(count));
  }
  sources.insert(sources.end(), parts_->sealed->begin(), parts_->sealed->end());
  for (const WaitingPart& part : *parts_->waiting) {
    sources.insert(sources.end(), part.sources.begin(), part.sources.end());
  }
}

Contents::Contents()
    : parts_(std::make_shared<const Parts>(
          Parts{.fresh = {},
                .sealed = std::make_shared<const SourceList>(),
                .waiting = std::make_shared<const std::vector<WaitingPart>>(),
                .blocks = std::make_shared<const std::vector<BlockPtr>>()})) {}

void Contents::Append(scan::SpanSourcePtr batch) {
  const std::scoped_lock lock(mutex_);
  const std::shared_ptr<const Parts> now = parts_.Take();
  std::shared_ptr<Chunk> chunk = now->fresh.empty() ? nullptr : now->fresh.back();
  const std::size_t count = chunk == nullptr ? 0 : chunk->count.load(std::memory_order_relaxed);
  const bool has_room = chunk != nullptr && count < chunk->batches.size();
  if (has_room) {
    // Nobody reads the place before the count says so.
    chunk->batches[count] = std::move(batch);
    chunk->count.store(count + 1, std::memory_order_release);
    return;
  }
  chunk = std::make_shared<Chunk>(std::max(kChunkMin, 2 * count));
  chunk->batches.front() = std::move(batch);
  chunk->count.store(1, std::memory_order_release);
  auto next = std::make_shared<Parts>(*now);
  next->fresh.push_back(std::move(chunk));
  parts_.Exchange(std::move(next));
}

void Contents::Exchange(const Change& change) {
  const std::scoped_lock lock(mutex_);
  auto next = std::make_shared<Parts>(*parts_.Take());
  if (change.fresh != nullptr) {
    next->fresh.clear();
    if (!change.fresh->empty()) {
      const std::size_t count = change.fresh->size();
      const auto chunk = std::make_shared<Chunk>(std::max(kChunkMin, 2 * count));
      std::ranges::copy(*change.fresh, chunk->batches.begin());
      chunk->count.store(count, std::memory_order_release);
      next->fresh.push_back(chunk);
    }
  }
  if (change.sealed != nullptr) next->sealed = change.sealed;
  if (change.waiting) next->waiting = Edited(*next->waiting, change.waiting);
  if (change.blocks) next->blocks = Edited(*next->blocks, change.blocks);
  parts_.Exchange(std::move(next));
}

}  // namespace clew::storage
