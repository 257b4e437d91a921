#include "pipeline/settings/auth.h"

namespace clew::pipeline::settings {

void AuthSection::Describe(Binder& binder) {
  binder.Field("authenticator", &authenticator,
               "Id of an authenticator extension; none exists in this release.");
}

void AuthSection::Validate(Problems& problems) const {
  if (!authenticator.empty()) {
    problems.Add("authenticator",
                 fmt::format("authenticator \"{}\" is not supported; use TLS with client_ca_file, "
                             "or an authenticating proxy in front",
                             authenticator));
  }
}

}  // namespace clew::pipeline::settings
