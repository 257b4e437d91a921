#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "traceql/evaluate/trace_view.h"
#include "traceql/op.h"

namespace clew::traceql::evaluate {

/// Rows of spans, each once, in TraceView::Order().
using Rows = std::vector<std::uint32_t>;

/// What is in one of them. In the time of the trace and of all of them.
Rows Union(std::span<const Rows* const> all, TraceView* trace);

/// What a structural operator gives of the spans to its left and right. In the time of the trace,
/// whatever its form.
Rows Relate(SpansetOp op, const Rows& left, const Rows& right, TraceView* trace);

}  // namespace clew::traceql::evaluate
