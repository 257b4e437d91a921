#include "api/naming_param.h"

#include <utility>

#include "base/excerpt.h"
#include "expr/same_names.h"

namespace clew::api {

Result<bool> FindsAllNames(const net::HttpRequest& request) {
  const std::string_view text = request.Param(kNamingParam).value_or(std::string_view());
  if (text.empty() || text == "true") return true;
  if (text == "false") return false;
  return base::InvalidArgument("invalid {}: use true or false, not \"{}\"", kNamingParam,
                               base::Excerpt(text));
}

Result<expr::Expression> ByNamesOf(const net::HttpRequest& request, expr::Expression condition) {
  ASSIGN_OR_RETURN(const bool finds_all_names, FindsAllNames(request));
  return finds_all_names ? expr::WithSameNames(std::move(condition)) : std::move(condition);
}

}  // namespace clew::api
