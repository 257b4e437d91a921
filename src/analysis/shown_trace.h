#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "model/span_columns.h"

namespace clew::analysis {

/// What there is to say of spans (jaeger.md section 16), by their row. Not stored.
class SpanWarnings {
 public:
  void Add(std::uint32_t row, std::string text) {
    if (row >= by_row_.size()) by_row_.resize(row + 1);
    by_row_[row].push_back(std::move(text));
  }
  std::span<const std::string> Of(std::uint32_t row) const {
    if (row >= by_row_.size()) return {};
    return by_row_[row];
  }
  /// Follows its spans: those of `rows`, in this order.
  void Select(std::span<const std::uint32_t> rows) {
    if (by_row_.empty()) return;
    std::vector<std::vector<std::string>> selected(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i] < by_row_.size()) selected[i] = std::move(by_row_[rows[i]]);
    }
    by_row_ = std::move(selected);
  }
  /// Those of these rows, which are counted from 0 there and have none here any more.
  SpanWarnings Take(std::uint32_t begin, std::uint32_t end) {
    SpanWarnings taken;
    for (std::uint32_t row = begin; row < std::min(end, row_end()); ++row) {
      for (std::string& text : by_row_[row]) taken.Add(row - begin, std::move(text));
      by_row_[row].clear();
    }
    return taken;
  }
  /// About what they take in memory.
  std::uint64_t bytes() const {
    constexpr std::uint64_t kListBytes = sizeof(std::vector<std::string>);
    // Lists grow by doubling; with what the allocator adds.
    constexpr std::uint64_t kTextBytes = 2 * sizeof(std::string) + 32;
    std::uint64_t bytes = by_row_.capacity() * kListBytes;
    for (const std::vector<std::string>& texts : by_row_) {
      for (const std::string& text : texts) bytes += kTextBytes + text.capacity();
    }
    return bytes;
  }
  /// No row from here on has any.
  std::uint32_t row_end() const { return static_cast<std::uint32_t>(by_row_.size()); }

 private:
  std::vector<std::vector<std::string>> by_row_;
};

/// A trace on its way to whoever looks at it: its columns share with what is stored whatever is
/// shown as it is.
struct ShownTrace {
  model::SpanColumns spans;
  SpanWarnings warnings = {};
};

}  // namespace clew::analysis
