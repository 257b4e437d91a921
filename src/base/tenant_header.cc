#include "base/tenant_header.h"

#include <algorithm>
#include <set>

#include "base/excerpt.h"

namespace clew::base {

Result<std::vector<TenantId>> ReadTenantsHeader(std::string_view name,
                                                std::span<const std::string_view> values) {
  if (std::ranges::all_of(values, &std::string_view::empty)) {
    return MakeError(Code::kUnauthenticated, "no org id: name the tenant in the header {}", name);
  }
  std::set<TenantId> tenants;
  for (std::string_view rest : values) {
    for (bool is_last = false; !is_last;) {
      const std::string_view item = rest.substr(0, rest.find('|'));
      is_last = item.size() == rest.size();
      rest.remove_prefix(is_last ? item.size() : item.size() + 1);
      const std::string_view id = item.substr(0, item.find(':'));
      const auto tenant = TenantId::Parse(id);
      if (!tenant.has_value()) {
        return InvalidArgument(
            "header {} holds \"{}\", which is no tenant id: use at most 150 letters, digits and "
            "!-_.*'()",
            name, Excerpt(id));
      }
      tenants.insert(*tenant);
    }
  }
  return std::vector<TenantId>(tenants.begin(), tenants.end());
}

Result<TenantId> ReadTenantHeader(std::string_view name, std::span<const std::string_view> values) {
  ASSIGN_OR_RETURN(const std::vector<TenantId> tenants, ReadTenantsHeader(name, values));
  if (tenants.size() > 1) {
    return InvalidArgument("header {} names {} tenants: name one at a time", name, tenants.size());
  }
  return tenants.front();
}

}  // namespace clew::base
