#pragma once

#include <cstdint>
#include <string>

#include "base/random.h"
#include "model/trace_data.h"

/// Seeded requests that hold everything OTLP allows. The same seed always gives the same.
namespace clew::wire::otlp::testing {

/// Whether text may also hold octets that are not UTF-8.
enum class TextKind { kUtf8, kAnyOctets };

/// Objects with every field, every kind of attribute, nesting, duplicate keys, unknown enum numbers
/// and times of any size. Ids are valid, and no two spans share one.
model::TraceData RandomTraceData(std::uint64_t seed, TextKind text_kind);

/// An encoded request as odd as the wire allows: also fields in any order, twice and in parts,
/// unknown ones and such of a wrong wire type, ids of odd lengths, messages without content.
std::string RandomRequest(std::uint64_t seed, TextKind text_kind);

}  // namespace clew::wire::otlp::testing
