#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/vocabulary.h"
#include "base/worker_pool.h"
#include "query/answer_memory.h"
#include "query/passes.h"
#include "query/query_stats.h"

namespace clew::query {

/// What an answer should hold and does not, in words for whoever asked. One thread.
class LeftOut {
 public:
  /// Texts beyond it are counted only.
  static constexpr std::size_t kTextsMax = 20;

  /// The same text counts once.
  void Add(std::string text);
  /// Of which there are no texts.
  void AddUnnamed(std::uint64_t count) { unnamed_count_ += count; }
  bool empty() const { return count() == 0; }
  /// How many there are, each text once.
  std::uint64_t count() const { return known_.size() + unnamed_count_; }
  /// Of the first of them; empty when there is none.
  std::string first() const { return texts_.empty() ? std::string() : texts_.front(); }
  /// In the order of their coming; when there are more than kTextsMax, the last says how many.
  std::vector<std::string> Texts() const;

 private:
  std::vector<std::string> texts_;
  std::unordered_set<std::uint64_t> known_;  // hashes of all texts
  std::uint64_t unnamed_count_ = 0;
};

/// Who asks a question, how long for, and what the answer may take. The pointers outlive the call;
/// what they point to is used by the caller's thread only, but for the helpers.
struct QueryContext {
  /// Whose spans are asked for: an answer is about all of theirs together.
  std::vector<TenantId> tenants = {TenantId()};
  Deadline deadline = Deadline::max();
  /// Whose deadline it is.
  const Clock* clock = &base::SystemTime();
  /// Requested when nobody waits for the answer any more.
  std::stop_token stop{};
  /// Grows by the memory of the answer before it is made. Null: not counted.
  AnswerMemory* memory = nullptr;
  /// Where it is noted that the answer is partial. Null: not noted.
  LeftOut* left_out = nullptr;
  /// Threads that help when they have nothing else to do. Null: the caller's does everything.
  base::WorkerPool* helpers = nullptr;
  /// Ways that only save time.
  PassSet passes{};
  /// What the last run cost, by operator. Null: it is not counted what is read.
  QueryStats* stats = nullptr;

  /// DEADLINE_EXCEEDED, or CANCELLED when nobody waits any more. Cheap, for long loops.
  Status Check() const;

  /// Takes memory for the answer before it is made. When there is none the first part of an answer
  /// waits for a moment; an answer that holds some already does not, as others may wait for that.
  /// Hundreds may wait at once: `before_waiting` lets go of what was read and is not counted.
  /// UNAVAILABLE with a time to retry; RESOURCE_EXHAUSTED, without waiting, when there is never
  /// room for so much.
  Status TakeMemory(std::uint64_t bytes, const std::function<void()>& before_waiting = {}) const;
};

/// Memory that is needed on the way to an answer, not for it: taken from the context's, and given
/// back when it is destroyed. The context outlives it. One thread.
class PassingMemory {
 public:
  explicit PassingMemory(const QueryContext& context)
      : memory_(context.memory), context_(context) {}
  ~PassingMemory() { GiveBack(); }
  PassingMemory(const PassingMemory&) = delete;
  PassingMemory& operator=(const PassingMemory&) = delete;

  /// As QueryContext::TakeMemory.
  Status Take(std::uint64_t bytes, const std::function<void()>& before_waiting = {}) {
    TRY(context_.TakeMemory(bytes, before_waiting));
    Adopt(bytes);
    return {};
  }
  /// For what only saves time: false, and nothing is taken, when there is no room now, or half of
  /// what there is for all answers is used.
  [[nodiscard]] bool TryTake(std::uint64_t bytes) {
    if (memory_ != nullptr && (memory_->IsScarce() || !memory_->TryTake(bytes))) return false;
    Adopt(bytes);
    return true;
  }
  /// The same also when memory is scarce.
  [[nodiscard]] bool TryTakeAny(std::uint64_t bytes) {
    if (memory_ != nullptr && !memory_->TryTake(bytes)) return false;
    Adopt(bytes);
    return true;
  }
  /// What was taken from the context already.
  void Adopt(std::uint64_t bytes) { bytes_ += bytes; }
  void GiveBack() { ShrinkTo(0); }
  /// Gives back all but `bytes`: of a step that has taken more than it left.
  void ShrinkTo(std::uint64_t bytes) {
    if (bytes >= bytes_) return;
    if (memory_ != nullptr) memory_->GiveBack(bytes_ - bytes);
    bytes_ = bytes;
  }
  std::uint64_t bytes() const { return bytes_; }

 private:
  AnswerMemory* const memory_;
  const QueryContext& context_;
  std::uint64_t bytes_ = 0;
};

}  // namespace clew::query
