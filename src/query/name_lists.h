#pragma once

#include <cstddef>

#include "query/query_service.h"
#include "query/scan.h"

namespace clew::query {

/// See query::ListServices and query::ListOperations; `place` is that of the list in QueryStats,
/// that of its input the next one.
Status RunListServices(const Scan& scan, const CountOperations& input, std::size_t place,
                       Sink& sink);
Status RunListOperations(const Scan& scan, const ListOperations& list, const CountOperations& input,
                         std::size_t place, Sink& sink);

}  // namespace clew::query
