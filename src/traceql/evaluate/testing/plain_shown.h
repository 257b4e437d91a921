#pragma once

#include <string>
#include <vector>

#include "model/trace_data.h"
#include "traceql/evaluate/testing/plain_value.h"
#include "traceql/naming.h"
#include "traceql/query.h"

namespace clew::traceql::evaluate::testing {

/// Every attribute and intrinsic that the pipeline names anywhere, each once.
std::vector<Attribute> PlainAsked(const Pipeline& pipeline);

struct PlainShown {
  std::string name;
  PlainValue value;
};
/// What answers of a search say of a span that was found (sheet 11.3): all of those but what
/// answers have fields of their own for.
std::vector<PlainShown> PlainShownOf(const Pipeline& pipeline, const model::TraceData& trace,
                                     std::size_t span, Naming naming);

}  // namespace clew::traceql::evaluate::testing
