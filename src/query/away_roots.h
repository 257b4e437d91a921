#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/vocabulary.h"
#include "model/span_columns.h"
#include "model/stop_check.h"
#include "query/compared_attributes.h"
#include "query/scan.h"
#include "scan/trace_trees.h"
#include "traceql/metrics/attribute_counts.h"
#include "traceql/metrics/operand.h"

/// The roots of traces whose spans are compared where they lie, in several sources.
namespace clew::query {

/// What one source has of traces that others have, too.
struct SourceRoots {
  /// A span that was counted but for its root.
  struct Span {
    TraceId trace_id;
    traceql::metrics::AttributeCounts::Subject subject;
  };
  /// The first span of a trace, of those here, that names no parent.
  struct Root {
    TraceId trace_id;
    UnixNanos start = 0;
    std::uint32_t row = 0;
    /// Another one here starts with it: which is the root is told by the whole trace.
    bool is_tied = false;
  };

  std::uint64_t bytes() const {
    return spans.capacity() * sizeof(Span) + roots.capacity() * sizeof(Root);
  }

  std::vector<Span> spans;
  std::vector<Root> roots;
};

/// Finds roots within one source. Both outlive it; `spread` ascends.
class RootFinder {
 public:
  RootFinder(const scan::TraceTrees& trees, std::span<const TraceId> spread)
      : trees_(trees), spread_(spread) {}

  /// Tells what is to be known of spread traces and of those without one root here, and finds the
  /// roots of the others.
  SourceRoots Divide(const ComparedSpans& spans);
  /// By place among the spans: the row of its root, or kNoRoot.
  const std::vector<std::uint32_t>& found() const { return found_; }

 private:
  /// Nothing: there is none here.
  std::optional<SourceRoots::Root> RootOf(std::size_t trace) const;

  const scan::TraceTrees& trees_;
  const std::span<const TraceId> spread_;
  std::vector<std::uint32_t> found_;
};

/// Brings spans and roots of several sources together. One thread.
class AwayRoots {
 public:
  /// The context outlives it.
  explicit AwayRoots(const QueryContext& context) : memory_(context) {}

  /// RESOURCE_EXHAUSTED when there are too many to be kept in memory.
  Status Add(std::size_t place, SourceRoots roots);
  /// Counts for each span what the root of its trace says, of the roots that were told. Sources
  /// that cannot be read are noted.
  Status Count(const Scan& scan, const traceql::metrics::Comparison& comparison,
               traceql::metrics::AttributeCounts* counts);
  /// After that, the traces with spans of which no root was told, or several that start together;
  /// ascending.
  std::vector<TraceId> Rootless() const;
  /// Counts them for one of these traces, which has been read whole.
  Status CountWhole(const traceql::metrics::Operand& operand, const model::SpanColumns& trace,
                    const model::StopCheck& stop, traceql::metrics::AttributeCounts* counts) const;

 private:
  struct Root {
    UnixNanos start = 0;
    std::size_t place = 0;
    std::uint32_t row = 0;
    bool is_tied = false;
    std::size_t trace = 0;  // the place of its first span
  };

  std::vector<Root> RootsOfSpans() const;
  std::size_t EndOf(std::size_t first) const;

  PassingMemory memory_;
  std::vector<SourceRoots::Span> spans_;
  /// Where in `spans_` traces with a root begin, ascending.
  std::vector<std::size_t> rooted_;
  std::vector<std::pair<std::size_t, std::vector<SourceRoots::Root>>> roots_;
};

}  // namespace clew::query
