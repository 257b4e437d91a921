#pragma once

#include <string>
#include <vector>

#include "base/vocabulary.h"
#include "net/http_server.h"

namespace clew::api {

struct TenancyOptions {
  /// Off: everything belongs to the one tenant, and the header is ignored.
  bool is_enabled = false;
  std::string header = "X-Scope-OrgID";
};

/// Whose data a request asks for: of one tenant, or of as many as it names. Errors are those of
/// base::ReadTenantHeader.
Result<TenantId> TenantOf(const TenancyOptions& options, const net::HttpRequest& request);
Result<std::vector<TenantId>> TenantsOf(const TenancyOptions& options,
                                        const net::HttpRequest& request);

}  // namespace clew::api
