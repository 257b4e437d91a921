#pragma once

#include <optional>
#include <string_view>

#include "base/vocabulary.h"
#include "pipeline/receivers/otlp/config.h"

namespace clew::pipeline::receivers::otlp {

/// The tenant of a request whose tenancy header is `value`. UNAUTHENTICATED "no org id" when the
/// header is needed and missing, INVALID_ARGUMENT when it is no tenant's name.
Result<TenantId> TenantOf(const TenancySection& section, std::optional<std::string_view> value);

}  // namespace clew::pipeline::receivers::otlp
