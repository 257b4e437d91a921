#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace clew::scan {

/// A set of rows of one table of a source, a bit each.
class RowSet {
 public:
  enum class Fill { kNone, kAll };
  RowSet(std::size_t row_count, Fill fill)
      : row_count_(row_count),
        words_((row_count + 63) / 64, fill == Fill::kAll ? ~std::uint64_t{0} : 0) {
    // Bits past the end stay clear: counting and visiting need no check.
    if (fill == Fill::kAll && row_count % 64 != 0) words_.back() = (1ULL << (row_count % 64)) - 1;
  }

  void Add(std::size_t row) { words_[row / 64] |= 1ULL << (row % 64); }
  /// Row i * 64 + b for each bit b of `bits`.
  void AddWord(std::size_t i, std::uint64_t bits) { words_[i] |= bits; }
  /// Of rows i * 64 to i * 64 + 63, a bit each.
  std::uint64_t Word(std::size_t i) const { return words_[i]; }
  void Remove(std::size_t row) { words_[row / 64] &= ~(1ULL << (row % 64)); }
  bool Has(std::size_t row) const { return (words_[row / 64] >> (row % 64) & 1) != 0; }
  void Intersect(const RowSet& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
  }
  void Unite(const RowSet& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
  }
  void Subtract(const RowSet& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= ~other.words_[i];
  }
  void Complement() {
    for (std::uint64_t& word : words_) word = ~word;
    if (row_count_ % 64 != 0) words_.back() &= (1ULL << (row_count_ % 64)) - 1;
  }
  bool empty() const {
    for (const std::uint64_t word : words_) {
      if (word != 0) return false;
    }
    return true;
  }
  /// Whether one is in the words of `first` to `last`.
  bool MayHaveIn(std::size_t first, std::size_t last) const {
    for (std::size_t i = first / 64; i <= last / 64; ++i) {
      if (words_[i] != 0) return true;
    }
    return false;
  }
  std::size_t row_count() const { return row_count_; }

  /// Calls `visit(row)` in ascending order.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      for (std::uint64_t word = words_[i]; word != 0; word &= word - 1) {
        visit(
            static_cast<std::uint32_t>(i * 64 + static_cast<std::size_t>(std::countr_zero(word))));
      }
    }
  }
  std::vector<std::uint32_t> Rows() const {
    std::vector<std::uint32_t> rows;
    ForEach([&](std::uint32_t row) { rows.push_back(row); });
    return rows;
  }

 private:
  std::size_t row_count_;
  std::vector<std::uint64_t> words_;
};

}  // namespace clew::scan
