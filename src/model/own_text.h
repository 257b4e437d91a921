#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "model/span_columns.h"
#include "model/stop_check.h"

namespace clew::model {

/// Copies all texts, keys too, into memory of the columns' own, and lets go of what they were views
/// of: a few spans of a large batch no longer keep all of it, and what they hold is what MemoryOf
/// says. A text that stands for many values is mostly copied once.
void OwnText(SpanColumns* columns);

/// The same of many, one after the other: where copies are looked up is made once. One thread.
class TextOwner {
 public:
  TextOwner();
  ~TextOwner();
  TextOwner(const TextOwner&) = delete;
  TextOwner& operator=(const TextOwner&) = delete;
  /// When `check` ends it, `columns` are of no use any more.
  Status Own(SpanColumns* columns, const StopCheck& check = {});

 private:
  class Copier;
  std::unique_ptr<Copier> copier_;
};

/// How long the texts of some columns are together, keys among them, each as often as it comes.
class TextLength {
 public:
  TextLength() = default;
  explicit TextLength(const SpanColumns& columns);
  void Add(std::string_view text);
  void Add(const TextLength& other);
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
