#include "api/tenancy.h"

#include <string_view>
#include <vector>

#include "base/letter_case.h"
#include "base/tenant_header.h"

namespace clew::api {

namespace {

std::vector<std::string_view> NamedBy(const TenancyOptions& options,
                                      const net::HttpRequest& request) {
  std::vector<std::string_view> values;
  for (const auto& [name, value] : request.headers.fields()) {
    if (base::EqualsIgnoringCase(name, options.header)) values.push_back(value);
  }
  return values;
}

}  // namespace

Result<TenantId> TenantOf(const TenancyOptions& options, const net::HttpRequest& request) {
  if (!options.is_enabled) return TenantId();
  return base::ReadTenantHeader(options.header, NamedBy(options, request));
}

Result<std::vector<TenantId>> TenantsOf(const TenancyOptions& options,
                                        const net::HttpRequest& request) {
  if (!options.is_enabled) return std::vector{TenantId()};
  return base::ReadTenantsHeader(options.header, NamedBy(options, request));
}

}  // namespace clew::api
