#pragma once

#include <functional>
#include <string_view>

#include "traceql/evaluate/value.h"

namespace clew::traceql::evaluate {

/// What a query sees of the encoded message ArrayValue: the one element of it, or a kArray.
/// Nothing when it has no elements, elements of several types, or others than strings, numbers and
/// bools; or when its bytes are broken.
Value ReadArray(std::string_view encoded);

/// Calls `visit` for the elements of an array that ReadArray gave, until it gives true; whether it
/// did.
bool AnyElement(std::string_view encoded, const std::function<bool(const Value&)>& visit);

}  // namespace clew::traceql::evaluate
