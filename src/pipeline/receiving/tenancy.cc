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

}  // namespace clew::pipeline::receiving
