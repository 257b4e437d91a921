#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "traceql/metrics/meter.h"

namespace clew::traceql::metrics {

/// A Cell for each bucket of each row (mostly a row is a series), made when it is first needed,
/// some buckets at a time: rows with few spans are small however many buckets there are. One
/// thread.
template <typename Cell>
class CellTable {
 public:
  /// `meter` outlives it.
  CellTable(std::uint32_t bucket_count, Meter* meter)
      : bucket_count_(bucket_count),
        page_size_(std::min(bucket_count, kPageSizeMax)),
        pages_of_row_((bucket_count + page_size_ - 1) / page_size_),
        meter_(*meter) {}

  std::uint32_t bucket_count() const { return bucket_count_; }
  std::size_t row_count() const { return pages_.size() / pages_of_row_; }

  /// Empty rows up to so many. False when that takes too much memory.
  [[nodiscard]] bool GrowTo(std::size_t row_count) {
    const std::size_t count = row_count * pages_of_row_;
    if (count <= pages_.size()) return true;
    if (!meter_.TryTake((count - pages_.size()) * sizeof(Page))) return false;
    pages_.resize(count);
    return true;
  }

  /// Null when that takes too much memory.
  Cell* At(std::uint32_t bucket, std::size_t row) {
    Page& page = pages_[PageOf(bucket, row)];
    if (page == nullptr && !Make(&page)) return nullptr;
    return &page[bucket % page_size_];
  }
  /// Null when it was never made.
  const Cell* Find(std::uint32_t bucket, std::size_t row) const {
    const Page& page = pages_[PageOf(bucket, row)];
    return page == nullptr ? nullptr : &page[bucket % page_size_];
  }

  /// Calls `visit(bucket, cell)` for the cells of a row that were made, and some beside these.
  template <typename Visit>
  void ForEach(std::size_t row, Visit visit) const {
    for (std::uint32_t bucket = 0; bucket < bucket_count_; ++bucket) {
      if (const Cell* const cell = Find(bucket, row)) visit(bucket, *cell);
    }
  }

  /// The row is as if nothing had been added.
  void Clear(std::size_t row) {
    for (std::size_t i = 0; i < pages_of_row_; ++i) {
      Page& page = pages_[row * pages_of_row_ + i];
      if (page != nullptr) meter_.GiveBack(PageBytes());
      page.reset();
    }
  }

 private:
  using Page = std::unique_ptr<Cell[]>;
  static constexpr std::uint32_t kPageSizeMax = 16;

  std::size_t PageOf(std::uint32_t bucket, std::size_t row) const {
    return row * pages_of_row_ + bucket / page_size_;
  }
  // With what the heap adds to a block.
  std::size_t PageBytes() const { return page_size_ * sizeof(Cell) + 16; }
  bool Make(Page* page) {
    if (!meter_.TryTake(PageBytes())) return false;
    *page = std::make_unique<Cell[]>(page_size_);
    return true;
  }

  const std::uint32_t bucket_count_;
  const std::uint32_t page_size_;
  const std::uint32_t pages_of_row_;
  Meter& meter_;
  /// Those of the first row, of the second…
  std::vector<Page> pages_;
};

}  // namespace clew::traceql::metrics
