#pragma once

#include <optional>
#include <string>

#include "query/query_context.h"

namespace clew::api {

/// What is left out, in one line; nothing when there is nothing.
std::optional<std::string> PartialText(const query::LeftOut& left_out);

/// The same as the value of a header Warning, of something that is left out: one sentence of at
/// most 1 KB that says how much it is, and the first of it.
std::string PartialWarning(const query::LeftOut& left_out);

}  // namespace clew::api
