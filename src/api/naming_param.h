#pragma once

#include <string_view>

#include "base/vocabulary.h"
#include "expr/expression.h"
#include "net/http_server.h"

namespace clew::api {

/// Of every request that asks for attributes, in every API.
inline constexpr std::string_view kNamingParam = "semantic_conventions";

/// Whether attributes are found by all names that semantic conventions have had for them, and not
/// only by those that the request states: unless the parameter is `false`. INVALID_ARGUMENT when it
/// is anything but that or `true`.
Result<bool> FindsAllNames(const net::HttpRequest& request);
/// The condition as the request wants it: by all names (expr::WithSameNames), or as it is.
Result<expr::Expression> ByNamesOf(const net::HttpRequest& request, expr::Expression condition);

}  // namespace clew::api
