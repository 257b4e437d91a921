#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace clew::scan {

/// What reading took, of all sources of a query together, by the step of the query that read. Any
/// thread.
struct ReadTotals {
  /// Later steps count as the last.
  static constexpr std::size_t kStepsMax = 8;

  struct Step {
    std::atomic<std::uint64_t> pages{0};
    /// As they are stored.
    std::atomic<std::uint64_t> bytes{0};
    /// Of the row groups of which it read any.
    std::atomic<std::uint64_t> pages_there{0};
    /// Those of columns it read otherwise, whose values could not meet a condition.
    std::atomic<std::uint64_t> pages_out_of_range{0};
  };
  std::array<Step, kStepsMax> steps{};
  /// The one that is under way.
  std::atomic<std::size_t> step{0};
};

/// Counts what is read of one source. Any thread.
class ReadCounts {
 public:
  explicit ReadCounts(std::shared_ptr<ReadTotals> totals) : totals_(std::move(totals)) {}

  /// A page of a source that has `page_count`.
  void AddPage(std::uint64_t byte_size, std::uint64_t page_count) {
    const std::size_t place = Place();
    ReadTotals::Step& step = totals_->steps[place];
    step.pages.fetch_add(1, std::memory_order_relaxed);
    step.bytes.fetch_add(byte_size, std::memory_order_relaxed);
    if (!is_read_[place].exchange(true, std::memory_order_relaxed)) {
      step.pages_there.fetch_add(page_count, std::memory_order_relaxed);
    }
  }
  /// Pages that the ranges of their zones spare.
  void AddOutOfRange(std::uint64_t page_count) {
    totals_->steps[Place()].pages_out_of_range.fetch_add(page_count, std::memory_order_relaxed);
  }

 private:
  std::size_t Place() const {
    return std::min(totals_->step.load(std::memory_order_relaxed), ReadTotals::kStepsMax - 1);
  }

  const std::shared_ptr<ReadTotals> totals_;
  std::array<std::atomic<bool>, ReadTotals::kStepsMax> is_read_{};
};

}  // namespace clew::scan
