#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "query/query_context.h"

namespace clew::query {

/// What sources tell of damage while they are read, on its way into an answer. While several are
/// read at the same time, or ahead of their turn, it is kept by source, so that what an answer says
/// depends neither on threads nor on what was read in vain.
class DamageNotes {
 public:
  /// `left_out` outlives it; null: nobody wants to know.
  explicit DamageNotes(LeftOut* left_out) : left_out_(left_out) {}

  /// Any thread while a Keeping lives, else that of the query.
  void Add(std::size_t source, const std::string& text) {
    if (left_out_ == nullptr) return;
    const std::scoped_lock lock(mutex_);
    if (is_keeping_) {
      kept_[source].push_back(text);
    } else {
      left_out_->Add(text);
    }
  }

  /// The turn of `source` has come. The query's thread, as what follows.
  void Tell(std::size_t source) {
    const std::scoped_lock lock(mutex_);
    const auto kept = kept_.extract(source);
    if (kept.empty()) return;
    for (std::string& text : kept.mapped()) left_out_->Add(std::move(text));
  }

  /// While it lives what is told is kept. One at a time.
  class Keeping {
   public:
    /// `notes` may be null.
    explicit Keeping(DamageNotes* notes) : notes_(notes) { Set(true); }
    ~Keeping() { Set(false); }
    Keeping(const Keeping&) = delete;
    Keeping& operator=(const Keeping&) = delete;

   private:
    void Set(bool is_keeping) {
      if (notes_ == nullptr) return;
      const std::scoped_lock lock(notes_->mutex_);
      notes_->is_keeping_ = is_keeping;
    }
    DamageNotes* const notes_;
  };

 private:
  LeftOut* const left_out_;
  std::mutex mutex_;
  bool is_keeping_ = false;
  std::map<std::size_t, std::vector<std::string>> kept_;
};

}  // namespace clew::query
