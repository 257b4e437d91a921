#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace clew::base {

/// Whose data a request is about, when the header called `name` (HTTP, or the metadata of gRPC)
/// has these values (tempo-api.md section 1.2). Each names tenants, separated by '|'; what follows
/// a ':' in one is metadata and ignored. Each tenant once, in order, and at least one.
/// UNAUTHENTICATED "no org id" when there is no value, or only empty ones; INVALID_ARGUMENT when
/// one names no tenant.
Result<std::vector<TenantId>> ReadTenantsHeader(std::string_view name,
                                                std::span<const std::string_view> values);
/// The same where there can be one only: INVALID_ARGUMENT when all together name several.
Result<TenantId> ReadTenantHeader(std::string_view name, std::span<const std::string_view> values);

}  // namespace clew::base
