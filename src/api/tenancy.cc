#include "api/tenancy.h"

#include <set>
#include <string_view>

#include "base/excerpt.h"
#include "base/letter_case.h"

namespace clew::api {

Result<TenantId> TenantOf(const TenancyOptions& options, const net::HttpRequest& request) {
  if (!options.is_enabled) {
    return TenantId();
  }
  std::string_view rest = request.headers.Get(options.header);
  for (const auto& [name, value] : request.headers.fields()) {
    if (base::EqualsIgnoringCase(name, options.header) && value != rest) {
      return base::InvalidArgument("header {} is given twice, with different tenants: give one",
                                   options.header);
    }
  }
  if (rest.empty()) {
    return base::MakeError(Code::kUnauthenticated, "header {} is required: it names the tenant",
                           options.header);
  }
  std::set<TenantId> tenants;
  while (true) {
    const std::size_t bar = rest.find('|');
    const std::string_view item = rest.substr(0, bar);
    const std::string_view name = item.substr(0, item.find(':'));
    const auto tenant = TenantId::Parse(name);
    if (!tenant) {
      return base::InvalidArgument(
          "header {} holds \"{}\", which is no tenant id: use at most 150 letters, digits and "
          "!-_.*'()",
          options.header, base::Excerpt(name));
    }
    tenants.insert(*tenant);
    if (bar == std::string_view::npos) {
      break;
    }
    rest.remove_prefix(bar + 1);
  }
  if (tenants.size() > 1) {
    return base::InvalidArgument(
        "header {} names {} tenants: reading several at once is not served, ask for one at a time",
        options.header, tenants.size());
  }
  return *tenants.begin();
}

}  // namespace clew::api
