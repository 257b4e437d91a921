#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "query/scan.h"
#include "scan/filter_question.h"
#include "scan/row_set.h"
#include "traceql/evaluate/trace_bound.h"

namespace clew::query {

/// Traces that do not match if nothing of them is elsewhere.
struct FailedTraces {
  /// Ascending.
  std::vector<TraceId> ids;
  /// Of each: the conditions that every trace has to meet and that none of its spans here does, a
  /// bit each. None: it is something else, which spans elsewhere may change.
  std::vector<std::uint64_t> lacks;
};

/// Rules traces out of a search by their TraceBound, from columns and before any of them is read: a
/// source judges its traces as if it had all of their spans, and of those that fail it is asked
/// where else they are. A trace that lies in several places is not judged but read.
class BoundScan {
 public:
  /// All outlive it.
  BoundScan(const Scan& scan, const traceql::evaluate::TraceBound& bound);

  /// Of the traces `ids` in the source at `place`, which may repeat. Any thread.
  Result<FailedTraces> Judge(std::size_t place, std::span<const TraceId> ids) const;

  /// Of those that failed at `place` the ones that are in no other source where it would matter,
  /// ascending. Reads no spans. One thread, which others help.
  Result<std::vector<TraceId>> RuledOut(std::size_t place, const FailedTraces& failed);

  /// What Judge takes of memory at most for each span of a source.
  std::uint64_t BytesPerSpan() const;

 private:
  bool MayHold(std::size_t condition, std::size_t place) const;
  Result<std::vector<scan::RowSet>> ReadRows(const scan::SpanSource& source, std::size_t place,
                                             std::uint64_t* lacks) const;
  const std::vector<std::size_t>& PlacesOf(std::size_t condition);
  const std::vector<std::size_t>& FewestPlaces(std::uint64_t lacks);
  Status AskOthers(std::span<const TraceId> ids, std::span<const std::size_t> places,
                   std::size_t own_place, std::vector<TraceId>* alone) const;

  const Scan& scan_;
  const traceql::evaluate::TraceBound& bound_;
  std::vector<scan::FilterQuestion> questions_;  // by condition
  /// By condition: the sources in which it may hold.
  std::vector<std::optional<std::vector<std::size_t>>> places_;
  std::vector<std::size_t> all_places_;
};

}  // namespace clew::query
