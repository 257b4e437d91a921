#include "pipeline/receiving/request_context.h"

#include <string_view>
#include <vector>

#include "base/letter_case.h"
#include "base/tenant_header.h"

namespace clew::pipeline::receiving {
namespace {

/// `headers`: names, in letters of any case, and values.
template <typename Request, typename Headers>
Result<Context> MakeContext(const Request& request, const Headers& headers,
                            const TenancySection& tenancy, bool has_metadata) {
  Context context;
  std::vector<std::string_view> tenants;
  for (const auto& [name, value] : headers) {
    if (tenancy.enabled && base::EqualsIgnoringCase(name, tenancy.header)) {
      tenants.push_back(value);
    }
    if (has_metadata) context.metadata[base::LowerCase(name)].push_back(value);
  }
  if (tenancy.enabled) {
    ASSIGN_OR_RETURN(context.tenant, base::ReadTenantHeader(tenancy.header, tenants));
  }
  context.client_address = request.client_address;
  return context;
}

}  // namespace

Result<Context> ContextOf(const net::HttpRequest& request, const TenancySection& tenancy,
                          bool has_metadata) {
  return MakeContext(request, request.headers.fields(), tenancy, has_metadata);
}

Result<Context> ContextOf(const net::GrpcRequest& request, const TenancySection& tenancy,
                          bool has_metadata) {
  return MakeContext(request, request.metadata, tenancy, has_metadata);
}

}  // namespace clew::pipeline::receiving
