#pragma once

#include <cstdint>

#include "model/trace_data.h"

/// What makes two spans the same one, and what tells apart those that share an id. All take one
/// trace, are pure and linear but for sorting; any thread.
namespace clew::model {

/// What the first two take on their way for each span of a trace, at most: lists of ids and hashes.
constexpr std::uint64_t kCompareBytesPerSpan = 50;

/// At-least-once: of spans that are equal in content the first is kept. Every field counts, also
/// those of resource and scope; the order of attributes does not, and NaN equals itself. What
/// shares only its ids stays: retried jobs and copied ids are different spans. A span without an
/// end is dropped when its finished form is there (ids, kind, name, service and start agree).
/// True when that happened: what was found by such a span may not be there any more.
bool DropDuplicateSpans(TraceData* trace);

/// By start, then span id, kind, name, end, then by content: the same order wherever the spans are
/// stored.
void SortSpans(TraceData* trace);

/// Spans of equal resources, or of equal scopes, use the row of the first of them: which rows a
/// trace has does not tell how it came, nor where it is stored.
void JoinEqualRows(TraceData* trace);
/// What that takes on its way for each row of the larger table, at most.
constexpr std::uint64_t kJoinBytesPerRow = 56;

/// Zipkin's client and server span of one id: the server gets the smallest id that is free, counted
/// from 1, and becomes a child of the client; its children follow it.
void SplitSharedSpanIds(TraceData* trace);

}  // namespace clew::model
