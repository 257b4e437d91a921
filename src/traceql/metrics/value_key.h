#pragma once

#include <string>
#include <string_view>

#include "traceql/evaluate/value.h"

namespace clew::traceql::metrics {

/// Appends bytes that say which value it is: equal for what evaluate::IsSame takes as one.
void AppendKey(const evaluate::Value& value, std::string* key);

/// The value that `key` begins with, a view into it; removes it from there.
evaluate::Value TakeValue(std::string_view* key);

}  // namespace clew::traceql::metrics
