#include "pipeline/receiving/request_context.h"

#include "base/letter_case.h"

namespace clew::pipeline::receiving {
namespace {

/// `headers`: names, in letters of any case, and values.
template <typename Request, typename Headers>
Result<Context> MakeContext(const Request& request, const Headers& headers,
                            const TenancySection& tenancy, bool has_metadata) {
  Context context;
  std::optional<std::string_view> tenant;
  for (const auto& [name, value] : headers) {
    if (tenancy.enabled && base::EqualsIgnoringCase(name, tenancy.header)) {
      if (tenant.value_or(value) != value) {
        return base::InvalidArgument("header {} is given twice, with different tenants: give one",
                                     tenancy.header);
      }
      tenant = value;
    }
    if (has_metadata) context.metadata[base::LowerCase(name)].push_back(value);
  }
  ASSIGN_OR_RETURN(context.tenant, TenantOf(tenancy, tenant));
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
