#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "expr/check.h"
#include "traceql/check.h"
#include "traceql/lenient.h"
#include "traceql/lower.h"
#include "traceql/parse.h"
#include "traceql/print.h"

namespace {

using namespace clew::traceql;

void Require(bool is_so) {
  if (!is_so) std::abort();
}

/// What is checked can be lowered, and what comes of it can be evaluated.
void LowerFilter(const FieldExpression& filter) {
  const auto lowered = Lower(filter, Naming::kAllNames);
  Require(lowered.has_value());
  Require(clew::expr::Check(lowered->condition).has_value());
}

void LowerFilters(const SpansetExpression& spansets) {
  if (spansets.kind == SpansetExpression::Kind::kFilter) LowerFilter(spansets.filter);
  for (const SpansetExpression& operand : spansets.operands) LowerFilters(operand);
  for (const Stage& stage : spansets.pipeline) LowerFilters(stage.spansets);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto query = Parse(text);
  if (query) {
    const std::string printed = Print(*query);
    // A name or string may take more than it did: quotes and escapes.
    const auto again = Parse(printed, printed.size());
    Require(again.has_value());
    Require(*again == *query);
    Require(Print(*again) == printed);
    if (Check(*query)) {
      for (const Stage& stage : query->pipeline) LowerFilters(stage.spansets);
    }
  }
  LowerFilter(ParseLenient(text));
  return 0;
}
