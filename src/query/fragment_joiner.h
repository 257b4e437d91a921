#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/split_traces.h"
#include "query/joined_traces.h"
#include "query/plan.h"
#include "query/scan.h"

namespace clew::query {

/// Puts together traces that come in fragments: each source's spans are split by trace, the parts
/// of a trace concatenated, and what is shown of it is an order of its rows. All of it is columns,
/// and each part has memory of its own. The references outlive it. One thread, but for Read.
class FragmentJoiner {
 public:
  FragmentJoiner(const Scan& scan, std::span<const TraceId> ids, AnswerBudget& budget);

  /// What a source has of some traces; null when it is nothing.
  using Fragment = Result<std::unique_ptr<const model::TraceSplitter>>;
  /// `ids` ascend. Any thread.
  static Fragment Read(const Scan& scan, const scan::SpanSource& source,
                       std::span<const TraceId> ids, scan::ReadExtent extent);
  /// About what it takes besides text, which lies in memory that others keep, too.
  static std::uint64_t TableBytes(const Fragment& fragment);

  /// What a fragment that was read ahead adds to traces, by their places. It counts when it is
  /// asked which trace is the largest, until it is unexpected: also when it was let go of.
  using Expected = std::vector<std::pair<std::size_t, std::uint64_t>>;
  Expected Expect(const Fragment& fragment);
  void Unexpect(const Expected& expected);

  bool IsLeftOut(const TraceId& id) const { return traces_.IsLeftOut(places_.at(id)); }

  using LetGo = JoinedTraces::LetGo;
  /// The spans of `source` that are of these traces, which ascend; none is left out. What was read
  /// of it, and others that wait for their turn, can be let go of: no trace is left out for them.
  Status Add(const scan::SpanSource& source, std::span<const TraceId> ids, scan::ReadExtent extent,
             std::optional<Fragment> read, const LetGo& let_go);

  /// The traces that there are, every span as often as it came.
  Result<std::vector<model::SpanColumnsPtr>> Join();
  /// What is shown of each trace. With `wanted` those go that it found by the unfinished form of a
  /// span only of which the finished one is there.
  Result<std::vector<model::SpanColumnsPtr>> Settle(const ScanSpans* wanted);

 private:
  Status AddRead(const scan::SpanSource& source, std::span<const TraceId> ids,
                 scan::ReadExtent extent, std::optional<Fragment> read, const LetGo& let_go);
  Fragment Settled(const scan::SpanSource& source, Fragment fragment) const;
  Status AddTraces(const model::TraceSplitter& fragment, bool is_taken);
  std::uint64_t WantedBytes(const model::TraceSplitter& fragment) const;
  template <typename Finish>
  Result<std::vector<model::SpanColumnsPtr>> FinishAll(Finish finish);
  Status JoinParts(std::size_t place);
  Result<bool> SettleOne(std::size_t place, const ScanSpans* wanted);
  Result<bool> IsFound(const model::SpanColumnsPtr& trace, const ScanSpans& wanted) const;

  const Scan& scan_;
  JoinedTraces traces_;
  std::unordered_map<TraceId, std::size_t> places_;
  const model::StopCheck check_;
};

}  // namespace clew::query
