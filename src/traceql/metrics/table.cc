#include "traceql/metrics/table.h"

#include <algorithm>
#include <cmath>

namespace clew::traceql::metrics {

void DropEmpty(Table* table) {
  std::erase_if(*table, [](const Row& row) {
    return std::ranges::all_of(row.values, [](double value) { return std::isnan(value); });
  });
}

}  // namespace clew::traceql::metrics
