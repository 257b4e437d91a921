#pragma once

#include <cstdint>
#include <string_view>

#include "model/span_columns.h"

namespace clew::model {

/// Copies all texts, keys too, into memory of the columns' own, and lets go of what they were views
/// of: a few spans of a large batch no longer keep all of it, and what they hold is what MemoryOf
/// says. A text that stands for many values is mostly copied once.
void OwnText(SpanColumns* columns);

/// How long the texts of some columns are together, keys among them, each as often as it comes.
class TextLength {
 public:
  TextLength() = default;
  explicit TextLength(const SpanColumns& columns);
  void Add(std::string_view text);
  /// Of those that share memory with others once they are copied.
  std::uint64_t short_bytes() const { return short_bytes_; }
  /// What `columns->memory` holds at most after OwnText.
  std::uint64_t OwnBytesMax() const;

 private:
  std::uint64_t short_bytes_ = 0;
  std::uint64_t long_bytes_ = 0;
  std::uint64_t long_count_ = 0;
};

}  // namespace clew::model
