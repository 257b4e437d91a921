#pragma once

#include <string>
#include <vector>

#include "scan/row_set.h"
#include "scan/span_source.h"

namespace clew::scan {

/// What the resources of a source are called.
struct ResourceServices {
  /// model::ServiceName of each.
  std::vector<std::string> names;
  /// Those whose name is lost: whatever stands in `names` for them is not theirs.
  RowSet lost;
};

Result<ResourceServices> ServicesOf(const SpanSource& source);

}  // namespace clew::scan
