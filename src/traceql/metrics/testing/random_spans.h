#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "traceql/metrics/testing/example_spans.h"

namespace clew::traceql::metrics::testing {

/// Traces of a few spans each around (100 s, 200 s], with attributes `n` (a small number), `real`
/// (any double) and `word`, which may be missing, weights of both kinds, and equal starts. The same
/// for the same seed.
class RandomSpans {
 public:
  RandomSpans(std::uint64_t seed, std::size_t trace_count);

  const std::vector<SpanSpec>& specs() const { return specs_; }
  Traces MakeTraces() const { return testing::MakeTraces(specs_); }

 private:
  std::vector<std::string> trace_ids_;
  std::vector<SpanSpec> specs_;
};

}  // namespace clew::traceql::metrics::testing
