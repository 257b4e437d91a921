#include "api/tenancy.h"

#include <string_view>
#include <vector>

#include "base/letter_case.h"
#include "base/tenant_header.h"

namespace clew::api {

Result<TenantId> TenantOf(const TenancyOptions& options, const net::HttpRequest& request) {
  if (!options.is_enabled) {
    return TenantId();
  }
  std::vector<std::string_view> values;
  for (const auto& [name, value] : request.headers.fields()) {
    if (base::EqualsIgnoringCase(name, options.header)) values.push_back(value);
  }
  return base::ReadTenantHeader(options.header, values);
}

}  // namespace clew::api
