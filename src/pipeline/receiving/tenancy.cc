#include "pipeline/receiving/tenancy.h"

#include "net/http_header.h"

namespace clew::pipeline::receiving {

void TenancySection::Describe(Binder& binder) {
  binder.Field("enabled", &enabled, "Take the tenant from a header and refuse requests without.");
  binder.Field("header", &header, "HTTP header, and gRPC metadata key, that names the tenant.");
}

void TenancySection::Validate(Problems& problems) const {
  if (!net::IsHeaderName(header)) {
    problems.Add("header", fmt::format("\"{}\" is no name of a header, write one such as "
                                       "X-Scope-OrgID",
                                       header));
  }
}

Result<TenantId> TenantOf(const TenancySection& section, std::optional<std::string_view> value) {
  if (!section.enabled) {
    return TenantId();
  }
  if (!value.has_value() || value->empty()) {
    return base::MakeError(Code::kUnauthenticated, "no org id: set the header {}", section.header);
  }
  // What follows a colon is metadata of the id, as where it is read (tempo-api.md section 1.2).
  const auto tenant = TenantId::Parse(value->substr(0, value->find(':')));
  if (!tenant.has_value()) {
    return base::InvalidArgument(
        "header {} names no tenant: at most 150 letters, digits and !-_.*'() are allowed",
        section.header);
  }
  return *tenant;
}

}  // namespace clew::pipeline::receiving
