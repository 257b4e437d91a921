#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_set>
#include <vector>

#include "query/query_service.h"
#include "query/scan.h"
#include "query/whole_trace.h"

namespace clew::query {

/// Joins the traces that a search shows, and hands them on in the order in which it finds them.
/// The references outlive it. One thread.
class FoundTraces {
 public:
  /// `limit` are wanted with a span of `spans`.
  FoundTraces(const Scan& scan, const ScanSpans& spans, std::size_t limit, std::uint64_t bytes_max,
              Sink& sink)
      : scan_(scan),
        spans_(spans),
        limit_(limit),
        sink_(sink),
        budget_{.bytes_max = bytes_max, .leaves_out = true} {}

  /// No more will be read: they are as many as are wanted, or some of the first are too large.
  /// Those are not made up for.
  bool IsEnough() const {
    return missing_count() == 0 || (budget_.left_out && tried_.size() >= limit_);
  }
  std::size_t count() const { return given_count_; }

  /// Of `ids` those that were not tried yet, until it is enough. Many at once, since they share
  /// what is read; not all, for the memory that reading takes; and no more than are missing, or
  /// where most are not shown, as many as turn out to hold no more: one that would not be shown is
  /// not to blame for what it takes. Those that retention took meanwhile are left out.
  Status Read(std::vector<TraceId> ids);

  /// Of all that was read: RESOURCE_EXHAUSTED when none fits.
  Status Finish() const {
    if (given_count_ == 0 && budget_.left_out) return std::unexpected(*budget_.left_out);
    return {};
  }

 private:
  std::size_t missing_count() const { return limit_ - given_count_; }
  Status ReadMissing(std::span<const TraceId> ids);
  /// More than are missing. False, and nothing is kept, when more of them would be shown, or they
  /// take more than there is: then fewer are to be read.
  Result<bool> ReadAhead(std::span<const TraceId> ids);
  /// Traces that took so much of budget and memory.
  Status Give(std::vector<model::SpanColumnsPtr> traces, std::uint64_t bytes,
              std::uint64_t memory_bytes);

  const Scan& scan_;
  const ScanSpans& spans_;
  const std::size_t limit_;
  Sink& sink_;
  AnswerBudget budget_;
  std::unordered_set<TraceId> tried_;
  std::size_t ahead_ = 0;  // how many to read even if fewer are missing
  std::size_t given_count_ = 0;
};

}  // namespace clew::query
