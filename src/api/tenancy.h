#pragma once

#include <string>

#include "base/vocabulary.h"
#include "net/http_server.h"

namespace clew::api {

struct TenancyOptions {
  /// Off: everything belongs to the one tenant, and the header is ignored.
  bool is_enabled = false;
  std::string header = "X-Scope-OrgID";
};

/// Whose data a request asks for. Errors are those of base::ReadTenantHeader.
Result<TenantId> TenantOf(const TenancyOptions& options, const net::HttpRequest& request);

}  // namespace clew::api
