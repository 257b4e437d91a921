#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/vocabulary.h"
#include "model/span_columns.h"
#include "traceql/naming.h"
#include "traceql/query.h"

namespace clew::traceql::evaluate::testing {

/// A Spanset, its values as text.
struct FoundSpans {
  bool operator==(const FoundSpans&) const = default;

  std::vector<std::uint32_t> rows;
  std::vector<std::pair<std::string, std::string>> values;
};
using Found = std::vector<FoundSpans>;

/// For the failures of tests: `[0 2 | count()=2]`.
std::string Describe(const Found& found);

/// The query as it is checked.
Result<Query> ParseAndCheck(std::string_view text);
/// What the pipeline gives of a trace.
Result<Found> RunPipeline(const Pipeline& pipeline, const model::SpanColumns& spans,
                          Naming naming = Naming::kAllNames);
/// Both.
Result<Found> RunQuery(std::string_view text, const model::SpanColumns& spans);

}  // namespace clew::traceql::evaluate::testing
