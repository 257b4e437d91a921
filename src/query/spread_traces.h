#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/vocabulary.h"
#include "base/worker_pool.h"
#include "query/query_context.h"

namespace clew::query {

/// In which unit of a read each trace is met for the last time. Units are numbered; first the
/// traces of all of them are noted in ascending order, then Find is called once, then it is asked.
/// Traces are known by hashes of their ids, which nobody can choose (TraceHash): of two that share
/// one the later unit is both's. One thread until Find, any thread from then on.
class SpreadTraces {
 public:
  /// The context outlives it.
  explicit SpreadTraces(const QueryContext& context)
      : context_(context), memory_(context), parts_(kPartCount) {}

  /// Hashes of traces of `unit`, as often as they are there. RESOURCE_EXHAUSTED beyond 64 million
  /// of all.
  Status Note(std::uint32_t unit, std::span<const std::size_t> hashes);
  /// DEADLINE_EXCEEDED or CANCELLED as of the context; errors of its memory.
  Status Find(base::WorkerPool* helpers);
  /// Whether a trace was noted of several units.
  bool IsSpread(std::size_t hash) const;
  /// The last unit of each of these traces, which were noted of `unit`.
  std::vector<std::uint32_t> LastOf(std::span<const std::size_t> hashes, std::uint32_t unit) const;

  static constexpr std::uint32_t kUnitsMax = 1u << 24;

 private:
  // Those whose hash begins alike are found by themselves. Of the rest of a hash 40 bits are kept,
  // with the unit in one word.
  static constexpr unsigned kPartBits = 8;
  static constexpr unsigned kUnitBits = 24;
  static constexpr std::size_t kPartCount = 1u << kPartBits;
  static std::size_t PartOf(std::size_t hash) { return hash >> (64 - kPartBits); }
  static std::uint64_t WordOf(std::size_t hash, std::uint32_t unit) {
    return hash << kPartBits >> kUnitBits << kUnitBits | unit;
  }
  static std::uint64_t KeyOf(std::uint64_t word) { return word >> kUnitBits; }
  static std::uint32_t UnitOf(std::uint64_t word) {
    return static_cast<std::uint32_t>(word & (kUnitsMax - 1));
  }

  struct Entry {
    std::uint64_t word = 0;  // the last that was noted
    bool is_used = false;
    bool is_spread = false;
  };
  static std::size_t TableSize(std::size_t noted_count);
  static std::vector<std::uint64_t> SpreadOf(std::vector<std::uint64_t> noted);
  Status MakeFilter();
  std::size_t FilterBit(std::size_t hash) const { return hash >> filter_shift_; }
  /// Where in its part a hash should be, as hashes lie evenly.
  static std::size_t GuessOf(std::size_t hash, std::size_t part_size) {
    constexpr unsigned kShift = 32;
    return (hash << kPartBits >> kShift) * part_size >> kShift;
  }
  /// What the filter lets through, which is more than are.
  bool MayBeSpread(std::size_t hash) const {
    const std::size_t bit = FilterBit(hash);
    return (filter_[bit / 64] >> bit % 64 & 1) != 0;
  }
  /// The last unit of a trace of several.
  std::optional<std::uint32_t> LookUp(std::size_t hash) const;

  const QueryContext& context_;
  PassingMemory memory_;
  std::size_t count_ = 0;
  /// All that was noted; then, ascending, what lies in several units, with its last.
  std::vector<std::vector<std::uint64_t>> parts_;
  /// By the first bits of a hash, so that most questions end there.
  std::vector<std::uint64_t> filter_;
  unsigned filter_shift_ = 64;
};

}  // namespace clew::query
