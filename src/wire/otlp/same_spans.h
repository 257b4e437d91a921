#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/span_columns.h"
#include "model/stop_check.h"

/// What makes two spans the same one, and what tells apart those that share an id. All take one
/// trace, are pure and linear but for sorting; any thread. Here because array and list values are
/// kept encoded as OTLP: they are compared as what they say, not by their bytes.
namespace clew::wire::otlp {

/// Whether any two spans of the trace have the same id. Takes 12 bytes a span on its way.
bool RepeatsSpanIds(const model::SpanColumns& trace);
/// What DistinctSpans and SortedDistinctSpans take on their way and give, at most, besides the form
/// of the one span or row that is looked at: lists of ids, rows and hashes, in bytes. Much less
/// when no ids are shared.
std::uint64_t CompareBytes(const model::SpanColumns& trace, bool repeats_ids);
/// The same of JoinEqualRows.
std::uint64_t JoinBytes(const model::SpanColumns& trace);

/// Rows of spans.
struct KeptSpans {
  std::vector<std::uint32_t> rows;
  /// A span without an end was dropped for its finished form: what was found by such a span may not
  /// be there any more.
  bool is_any_replaced = false;
};

/// At-least-once: of spans that are equal in content the first is kept. Every field counts, also
/// those of resource and scope; the order of attributes does not, and NaN equals itself. What
/// shares only its ids stays: retried jobs and copied ids are different spans. A span without an
/// end is dropped when its finished form is there (ids, kind, name, service and start agree). Rows
/// ascend.
KeptSpans DistinctSpans(const model::SpanColumns& trace);

/// DistinctSpans by start, then span id, kind, name, end, then by content: the same order wherever
/// the spans are stored.
KeptSpans SortedDistinctSpans(const model::SpanColumns& trace);
/// The same; fails with what `check` says only.
Result<KeptSpans> SortedDistinctSpans(const model::SpanColumns& trace,
                                      const model::StopCheck& check);

/// Whether two values are the same, as those of spans are compared: by what lists say, not by their
/// bytes, and NaN equals itself. Their keys do not count.
bool AreSameValues(const model::AttributeColumn& a, std::size_t place_a,
                   const model::AttributeColumn& b, std::size_t place_b);

/// Of these spans those of equal resources, or of equal scopes, use the row of the first of them:
/// which rows a trace has does not tell how it came, nor where it is stored.
void JoinEqualRows(const std::vector<std::uint32_t>& span_rows, model::SpanColumns* trace);
/// The same; fails with what `check` says only, and `trace` is of no use then.
Status JoinEqualRows(const std::vector<std::uint32_t>& span_rows, model::SpanColumns* trace,
                     const model::StopCheck& check);

/// Zipkin's client and server span of one id: the server gets the smallest id that is free, counted
/// from 1, and becomes a child of the client; its children follow it.
void SplitSharedSpanIds(model::SpanColumns* trace);

}  // namespace clew::wire::otlp
