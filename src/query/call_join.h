#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "base/vocabulary.h"
#include "base/worker_pool.h"
#include "query/call_counts.h"
#include "query/query_context.h"

namespace clew::query {

/// A span, as far as calls are asked for.
struct CallSpan {
  SpanId id{};
  /// Zero where nobody asks who called it.
  SpanId parent{};
  std::uint32_t service = 0;  // one of its source's
};

/// What is in one source of some traces.
struct CallFragments {
  struct Trace {
    TraceId id;
    std::uint32_t first_span = 0;
    std::uint32_t span_count = 0;
  };
  std::vector<Trace> traces;
  std::vector<CallSpan> spans;
  /// The number in all sources of each service of this one, for all of its fragments.
  std::shared_ptr<const std::vector<std::uint32_t>> services;

  std::uint64_t byte_size() const {
    return traces.capacity() * sizeof(Trace) + spans.capacity() * sizeof(CallSpan);
  }
};

/// Parts of what is in a source, by hash of trace: they are joined on several cores.
inline constexpr std::size_t kCallParts = 16;
inline std::size_t CallPartOf(std::size_t hash) { return hash >> 20 & (kCallParts - 1); }
using PartedFragments = std::array<CallFragments, kCallParts>;

/// Joins the fragments of traces from all sources. Sources are read in units, in their order, and a
/// trace is joined after the last unit that has something of it, so that memory is needed for the
/// traces that are under way. Where there is more of them than kBytesMax, or than a part of what
/// answers may take, traces of later units are let go of, or parts of those of the first, and the
/// sources that have something of them are read again: each in as many rounds as its traces need.
///
///   for (; !join.is_done(); join.EndRound()) {
///     for (unit = 0; join.IsInRound(unit); ++unit) {
///       if (join.MayHave(unit)) join.Add(…) for all of it;
///       join.Join(unit, …);
///     }
///   }
///
/// One thread.
class CallJoin {
 public:
  /// The context outlives it.
  CallJoin(const QueryContext& context, std::uint32_t unit_count);

  /// Whether it takes something of traces whose last unit that is, by CallPartOf.
  bool Takes(std::uint32_t last_unit, std::size_t part) const {
    return !is_part_given_up_ && last_unit >= first_unit_ && last_unit < end_unit_ &&
           part >= first_part_ && part < end_part_;
  }
  bool IsInRound(std::uint32_t unit) const { return unit < end_unit_; }
  /// False when it is known that it takes nothing of this unit.
  bool MayHave(std::uint32_t unit) const { return reaches_[unit] >= first_unit_; }
  /// All of `unit` was looked at: none of its traces ends later than in `last_unit`.
  void NoteReach(std::uint32_t unit, std::uint32_t last_unit) { reaches_[unit] = last_unit; }
  /// Of traces whose last unit that is. RESOURCE_EXHAUSTED when there is no room even for a part of
  /// those of one unit: of these nothing is taken in this round any more.
  Status Add(std::uint32_t last_unit, PartedFragments fragments);
  /// Lets go of some of what waits, for the room that it takes. False when that cannot be.
  bool TryMakeRoom();

  /// What the join could not decide: traces with a span id that is there twice, and those with a
  /// parent that is in none of the sources.
  struct Undecided {
    std::vector<TraceId> with_repeats;
    std::vector<TraceId> with_lost_parents;
  };
  /// Counts the calls of the traces whose last unit that is, but for those of `skipped` and of what
  /// is undecided, unless `takes_lost_parents`: then what has no parent is no call.
  /// DEADLINE_EXCEEDED or CANCELLED as of the context, which is asked on the way.
  Result<Undecided> Join(std::uint32_t unit, const std::set<TraceId>& skipped,
                         bool takes_lost_parents, base::WorkerPool* helpers,
                         std::size_t service_count, PairCounts* counts);
  void EndRound();
  bool is_done() const { return first_unit_ == unit_count_; }

  static constexpr std::uint64_t kBytesMax = 192 << 20;

 private:
  struct Waiting;

  bool TryHold();
  void DropParts(Waiting& waiting, std::size_t first_part);

  const QueryContext& context_;
  const std::uint32_t unit_count_;
  const std::uint64_t bytes_max_;
  PassingMemory memory_;
  // Those of this round. Not all parts are only of one unit.
  std::uint32_t first_unit_ = 0;
  std::uint32_t end_unit_;
  std::size_t first_part_ = 0;
  std::size_t end_part_ = kCallParts;
  /// The only part of this round had no room.
  bool is_part_given_up_ = false;
  /// By unit.
  std::vector<std::uint32_t> reaches_;
  std::uint64_t bytes_ = 0;
  struct Waiting {
    std::array<std::vector<CallFragments>, kCallParts> parts;
    std::uint64_t bytes = 0;
  };
  std::map<std::uint32_t, Waiting> waiting_;  // by last unit
};

}  // namespace clew::query
