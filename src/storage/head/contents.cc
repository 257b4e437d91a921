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
  for (const auto& part : *parts_->waiting) {
    sources.insert(sources.end(), part->sources.begin(), part->sources.end());
  }
}

Contents::Contents()
    : now_(std::make_shared<const Parts>(
          Parts{.fresh = {},
                .sealed = std::make_shared<const SourceList>(),
                .waiting = std::make_shared<const WaitingParts>(),
                .blocks = std::make_shared<const std::vector<BlockPtr>>()})),
      parts_(now_) {}

std::shared_ptr<Contents::Chunk> Contents::ChunkOf(const SourceList& batches) {
  if (batches.empty()) return nullptr;
  auto chunk = std::make_shared<Chunk>(std::max(kChunkMin, 2 * batches.size()));
  std::ranges::copy(batches, chunk->batches.begin());
  chunk->count.store(batches.size(), std::memory_order_release);
  return chunk;
}

std::shared_ptr<const Contents::Parts> Contents::Show(std::shared_ptr<const Parts> next) {
  now_ = next;
  return parts_.Exchange(std::move(next));
}

void Contents::Append(scan::SpanSourcePtr batch) {
  std::shared_ptr<const Parts> before;  // ends without the lock
  const std::scoped_lock lock(mutex_);
  std::shared_ptr<Chunk> chunk = now_->fresh.empty() ? nullptr : now_->fresh.back();
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
  auto next = std::make_shared<Parts>(*now_);
  next->fresh.push_back(std::move(chunk));
  before = Show(std::move(next));
}

// What takes long is made before others are kept waiting, and ends after.
void Contents::Exchange(const Change& change) {
  const std::shared_ptr<Chunk> chunk = change.fresh != nullptr ? ChunkOf(*change.fresh) : nullptr;
  for (;;) {
    const std::shared_ptr<const Parts> seen = parts_.Take();
    const auto waiting = change.waiting ? Edited(*seen->waiting, change.waiting) : nullptr;
    const auto blocks = change.blocks ? Edited(*seen->blocks, change.blocks) : nullptr;
    std::shared_ptr<const Parts> before;
    const std::scoped_lock lock(mutex_);
    if (waiting != nullptr && now_->waiting != seen->waiting) continue;
    if (blocks != nullptr && now_->blocks != seen->blocks) continue;
    auto next = std::make_shared<Parts>(*now_);
    if (change.fresh != nullptr) {
      next->fresh.clear();
      if (chunk != nullptr) next->fresh.push_back(chunk);
    }
    if (change.sealed != nullptr) next->sealed = change.sealed;
    if (waiting != nullptr) next->waiting = waiting;
    if (blocks != nullptr) next->blocks = blocks;
    before = Show(std::move(next));
    return;
  }
}

}  // namespace clew::storage
