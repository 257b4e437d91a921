#include "pipeline/receivers/otlp/tenancy.h"

namespace clew::pipeline::receivers::otlp {

Result<TenantId> TenantOf(const TenancySection& section, std::optional<std::string_view> value) {
  if (!section.enabled) {
    return TenantId();
  }
  if (!value.has_value() || value->empty()) {
    return base::MakeError(Code::kUnauthenticated, "no org id: set the header {}", section.header);
  }
  const auto tenant = TenantId::Parse(*value);
  if (!tenant.has_value()) {
    return base::InvalidArgument(
        "header {} names no tenant: at most 150 letters, digits and !-_.*'() are allowed",
        section.header);
  }
  return *tenant;
}

}  // namespace clew::pipeline::receivers::otlp
