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

/// Whose data a request asks for (tempo-api.md section 1.2). What follows a ':' in an id is
/// metadata and ignored. UNAUTHENTICATED without the header; INVALID_ARGUMENT when it is no tenant
/// id, or names several ("a|b").
Result<TenantId> TenantOf(const TenancyOptions& options, const net::HttpRequest& request);

}  // namespace clew::api
