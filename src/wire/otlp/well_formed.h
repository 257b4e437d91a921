#pragma once

#include "model/span_columns.h"

namespace clew::wire::otlp {

/// Makes entity references, arrays and lists that cannot be read empty: receivers let none in, but
/// older logs and blocks may hold such, and they are written as they lie there, where one would
/// make an answer unreadable. What can be read keeps its bytes.
void ClearMalformed(model::SpanColumns* columns);

}  // namespace clew::wire::otlp
