#pragma once

#include <string_view>

#include "expr/expression.h"

namespace clew::api::jaeger {

/// Reads and checks a structured filter (jaeger.md section 13), a call in the JSON form of
/// protobuf. INVALID_ARGUMENT says which operator or term is wrong, why, and where it stands; the
/// parts of the expression know that, too.
Result<expr::Expression> ParseFilter(std::string_view json);

}  // namespace clew::api::jaeger
