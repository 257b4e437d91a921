#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/value.h"

namespace clew::wire::otlp {

/// How deep the content of an ArrayValue (kArray) or KeyValueList (kKvList) message nests; a list
/// of scalars is 1 deep. Gives depth_max + 1 without looking deeper. Throws protozero's exceptions
/// on malformed bytes.
std::uint64_t NestedDepth(model::ValueType type, std::string_view encoded, std::uint64_t depth_max);

/// About how much memory the value takes as objects, without making them: the elements of its
/// arrays and lists, and their texts. More than it takes as JSON, but for escapes. Of malformed
/// bytes what comes before.
std::uint64_t NestedBytes(model::ValueType type, std::string_view encoded);

/// The same content with every array and list below `depth_max` (> 0) made an empty value. Takes a
/// few times the memory of `encoded` at most.
std::string CutNestedValue(model::ValueType type, std::string_view encoded,
                           std::uint64_t depth_max);

}  // namespace clew::wire::otlp
