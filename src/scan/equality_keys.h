#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "expr/expression.h"
#include "scan/value_keys.h"

namespace clew::scan {

/// The keys, of those of one field or attribute, of all values for which a comparison with literals
/// holds; nothing when it asks for something else than equality, or values may have other keys.
std::optional<std::vector<std::uint64_t>> EqualityKeys(const ValueKeys& of,
                                                       const expr::Expression& comparison);

/// The texts, as they are shown, for which a comparison holds of which EqualityKeys knows all.
std::vector<std::string> EqualTexts(const expr::Expression& comparison);

}  // namespace clew::scan
