#pragma once

#include <cstdint>

#include "model/trace_data.h"

/// What makes two spans the same one, and what tells apart those that share an id. All take one
/// trace, are pure and linear but for sorting; any thread.
namespace clew::model {

/// Whether any two spans of the trace have the same id. Takes 12 bytes a span on its way.
bool RepeatsSpanIds(const TraceData& trace);
/// What DropDuplicateSpans and SortSpans take on their way, at most, besides the form of the one
/// span or row that is looked at: lists of ids and hashes, in bytes. Much less when no ids are
/// shared.
std::uint64_t CompareBytes(const TraceData& trace, bool repeats_ids);
/// The same of JoinEqualRows.
std::uint64_t JoinBytes(const TraceData& trace);

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

/// Zipkin's client and server span of one id: the server gets the smallest id that is free, counted
/// from 1, and becomes a child of the client; its children follow it.
void SplitSharedSpanIds(TraceData* trace);

}  // namespace clew::model
