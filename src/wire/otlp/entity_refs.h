#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "model/trace_data.h"
#include "wire/otlp/limits.h"

/// The entity references of a resource, which columns keep encoded.
namespace clew::wire::otlp {

/// True when this EntityRef message is well formed and within the limits.
bool IsEntityRefKept(std::string_view message, const DecodeLimits& limits);

/// True when these are the entity_refs fields of a Resource message with their tags, nothing else,
/// and can be read.
bool AreWellFormedEntityRefs(std::string_view fields);

/// `fields` are the entity_refs fields of a Resource message with their tags. From one that is
/// malformed on they are left out.
std::vector<model::EntityRef> ReadEntityRefs(std::string_view fields);

}  // namespace clew::wire::otlp
